"""`beatxp diff`: what changed between two snapshots, and why."""

from functools import partial
from typing import Annotated, Any

import msgspec
import polars as pl
import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from analysis.difference import REASONS, Difference
from analysis.remembered import remembered
from cli.app import JsonOption, Terminal, app, errors_as_sentences
from cli.folders import (
    CsvFolderOption,
    ParquetFolderOption,
    tell_written,
    writable_folders,
    write_tables,
)
from cli.tables import number_table, print_hanging, print_table
from cli.wording import gap, id_of_row, moment, plain, plural, printable, untrusted
from pipelines.boards.periods import period_name
from pipelines.published.snapshot import (
    NotFoundError,
    PublishedSnapshot,
    find_producer,
    names_of,
)
from pipelines.published.text_ids import with_texts
from pipelines.vocabulary import board_title

#: Producers, files and moves in each list; all of them are in the tables.
MOST = 10


@app.command("diff", epilog="More: docs/analysis/diff.md")
def diff_command(
    context: typer.Context,
    before: Annotated[
        str,
        typer.Argument(
            metavar="SNAPSHOT",
            help="A kept one: an id or its beginning, `current`, `previous`, or a time.",
        ),
    ],
    after: Annotated[
        str | None,
        typer.Argument(metavar="SNAPSHOT", help="Another one; the current one if left out."),
    ] = None,
    producer: Annotated[
        str | None,
        typer.Option(metavar="PRODUCER", help="Every change of one: an id or display name."),
    ] = None,
    csv: CsvFolderOption = None,
    parquet: ParquetFolderOption = None,
    json: JsonOption = False,
) -> None:
    """Say what changed between two snapshots, and why. Each number has its reasons."""
    terminal: Terminal = context.obj
    with errors_as_sentences(terminal):
        writable_folders(csv, parquet)
        one, other = terminal.snapshot(before), terminal.snapshot(after)
        meant = None if producer is None else producer_in(one, other, producer)
        different = remembered(one, other, meant, partial(compare, terminal, one, other))
        tables = {name: with_texts(rows, one, other) for name, rows in different.tables.items()}
        written = write_tables(tables, csv, parquet)
        if json:
            terminal.json(document(different, tables))
            return
        print_header(terminal.out, different)
        if meant is None:
            print_reasons(terminal.out, different)
            print_producers(terminal.out, different, one, other)
            print_texts(terminal.out, different.others)
            print_achievements(terminal.out, different)
            print_boards(terminal.out, different.ranks)
        else:
            print_numbers(terminal.out, different)
            print_others(terminal.out, different)
            print_moves(terminal.out, different)
        tell_written(terminal.out, written)


def compare(
    terminal: Terminal, one: PublishedSnapshot, other: PublishedSnapshot, producer_id: int | None
) -> Difference:
    """Compare two kept snapshots. Raises ExportFilesGone."""
    # Imported here: what is remembered is told without them.
    from analysis.differences import difference
    from cli.bars import watched

    with watched(terminal.err) as watcher:
        return difference(terminal.settings(), one, other, producer_id, watcher)


def producer_in(one: PublishedSnapshot, other: PublishedSnapshot, text: str) -> int:
    """The id of a producer of the later snapshot, or of the earlier. Raises NotFoundError."""
    try:
        return find_producer(other, text)
    except NotFoundError as error:
        try:
            return find_producer(one, text)
        except NotFoundError:
            raise error from None


def document(different: Difference, tables: dict[str, pl.DataFrame]) -> dict[str, Any]:
    """A difference for scripts, and its tables; amounts by reason are those in `reasons`."""
    found: dict[str, Any] = plain(
        {
            "before": msgspec.structs.asdict(different.before),
            "after": msgspec.structs.asdict(different.after),
            "reasons": different.reasons,
            "is_ledger_told": different.is_ledger_told,
            "rules": different.told_rules,
            **tables,
        }
    )
    return found


def xp_changes(different: Difference) -> pl.DataFrame:
    """The changes of producers' total XP: the columns of `numbers` and `change`."""
    is_total = (pl.col("table") == "progress") & (pl.col("number") == "total_xp")
    change = pl.col("after").fill_null(0) - pl.col("before").fill_null(0)
    return different.numbers.filter(is_total).with_columns(change.alias("change"))


def print_header(out: Console, different: Difference) -> None:
    """What is compared, and which files and rules are not the same."""
    for name, row in (("From", different.before), ("To", different.after)):
        print_hanging(
            out,
            Text.assemble(
                f"{name:<5}",
                (row.snapshot_id, "bold"),
                f", as of {moment(row.as_of)}, rules {printable(row.rulebook_name)} "
                f"{printable(row.rulebook_version)}",
            ),
            indent=5,
        )
    for what in ("new", "changed", "gone"):
        found = different.files.filter(pl.col("what") == what)
        if found.height:
            names = [printable(f"{entity}/{file}") for entity, file, _ in found.rows()[:MOST]]
            more = f" and {found.height - MOST:,} more" if found.height > MOST else ""
            files = plural(found.height, "file")
            print_hanging(out, Text(f"{files} {what}: {', '.join(names)}{more}"))
    for sentence in different.told_rules:
        print_hanging(out, untrusted(f"- {sentence}"))
    if different.before.snapshot_id == different.after.snapshot_id:
        out.print("Both are the same snapshot, so nothing differs. `beatxp snapshots` lists all.")
    elif not different.reasons:
        out.print("Nothing else differs.")


def print_reasons(out: Console, different: Difference) -> None:
    """How much XP each reason gave and took, and of how many producers."""
    table = number_table("Why", "Total XP", "Producers")
    for reason, xp, producers in different.by_reason.iter_rows():
        table.add_row(REASONS[reason].capitalize(), f"{xp:+,}", f"{producers:,}")
    totals = xp_changes(different)
    table.add_row("All", f"{totals['change'].sum():+,}", f"{totals.height:,}")
    print_table(out, table)
    if not different.is_ledger_told:
        out.print(
            "  So many days of the ledger differ that they are listed with --producer only.",
            style="dim",
        )


def print_producers(
    out: Console, different: Difference, before: PublishedSnapshot, after: PublishedSnapshot
) -> None:
    """Who gained and who lost most, and why."""
    totals = xp_changes(different)
    for title, found in (
        (
            "Gained most",
            totals.filter(pl.col("change") > 0).sort("change", "key", descending=[True, False]),
        ),
        ("Lost most", totals.filter(pl.col("change") < 0).sort("change", "key")),
    ):
        if found.is_empty():
            continue
        ids = found["producer_id"][:MOST]
        names = names_of(before, ids) | names_of(after, ids)
        table = number_table(title, "Id", "XP")
        table.add_column("Why")
        for row in with_texts(found.head(MOST), before, after).iter_rows(named=True):
            name = untrusted(names[row["producer_id"]])
            change = f"{row['change']:+,}"
            table.add_row(name, id_of_row(row), change, reasons_of(row, different))
        print_table(out, table)


def print_texts(out: Console, others: pl.DataFrame) -> None:
    """How many names, level titles and statuses are other ones."""
    texts = others.filter(pl.col("table") == "progress")
    if texts.height:
        counted = texts["producer_id"].n_unique()
        out.print(f"\nOther names, level titles or statuses: {plural(counted, 'producer')}.")


def print_achievements(out: Console, different: Difference) -> None:
    """Achievements that were reached, lost, or are dated otherwise, by reason."""
    unlocks = different.others.filter(pl.col("table") == "unlocks")
    if unlocks.is_empty():
        return
    was, now = pl.col("before").is_not_null(), pl.col("after").is_not_null()
    counted = unlocks.group_by("reasons").agg(
        (now & ~was).sum().alias("reached"),
        (was & ~now).sum().alias("lost"),
        (was & now).sum().alias("moved"),
    )
    table = number_table("Achievements", "Reached", "Lost", "Other time")
    for reasons, *counts in counted.sort("reasons").iter_rows():
        why = " and ".join(REASONS[reason] for reason in reasons.split(", "))
        table.add_row(why.capitalize(), *(f"{count:,}" for count in counts))
    print_table(out, table)


def print_boards(out: Console, ranks: pl.DataFrame) -> None:
    """How many moved on each board, and whether it was their own score or that of others."""
    if ranks.is_empty():
        return
    was, now = pl.col("rank_before"), pl.col("rank_after")
    counted = ranks.group_by("category", "period", maintain_order=True).agg(
        (was.is_null()).sum().alias("in"),
        (now.is_null()).sum().alias("out"),
        (now < was).sum().alias("up"),
        (now > was).sum().alias("down"),
        ((was != now) & (pl.col("own") == 0)).sum().alias("passive"),
    )
    table = number_table("Boards", "In", "Out", "Up", "Down", "Only by others' scores")
    for category, period, *counts in counted.iter_rows():
        table.add_row(board_title(category, period), *(f"{count:,}" for count in counts))
    print_table(out, table)


def print_numbers(out: Console, different: Difference) -> None:
    """A producer's numbers of the Progress page, each with its reasons."""
    numbers = different.numbers.filter(pl.col("table") == "progress")
    if numbers.is_empty():
        out.print("\nNo number of this producer changed.")
        return
    table = number_table("Number", "Before", "After")
    table.add_column("Why")
    for row in numbers.iter_rows(named=True):
        values = (count_or_dash(row[end]) for end in ("before", "after"))
        table.add_row(row["number"], *values, reasons_of(row, different))
    print_table(out, table)
    days = different.numbers.filter((pl.col("table") == "xp_ledger") & (pl.col("number") == "xp"))
    if days.is_empty():
        return
    table = number_table("Day and source", "XP before", "After")
    table.add_column("Why")
    for row in days.tail(MOST).iter_rows(named=True):
        values = (count_or_dash(row[end]) for end in ("before", "after"))
        table.add_row(row["key"].partition(" ")[2], *values, reasons_of(row, different))
    print_table(out, table)
    if days.height > MOST:
        out.print(f"  the last of {days.height:,} days and sources (--json has all)", style="dim")


def print_others(out: Console, different: Difference) -> None:
    """A producer's achievements, level-ups and texts that changed."""
    if different.others.is_empty():
        return
    table = Table("What", "Before", "After", "Why", box=None, header_style="bold")
    for row in different.others.iter_rows(named=True):
        what = row["key"].partition(" ")[2] or row["number"]
        why = " and ".join(REASONS[reason] for reason in row["reasons"].split(", "))
        named = f"level {what}" if row["table"] == "level_ups" else what
        cells = (untrusted(row[end] or "-") for end in ("before", "after"))
        table.add_row(untrusted(named), *cells, why)
    print_table(out, table)


def print_moves(out: Console, different: Difference) -> None:
    """A producer's ranks: what their own score did, and what those of others did."""
    ranks = different.ranks
    if ranks.is_empty():
        return
    table = number_table("Rank", "Before", "After", "Score")
    table.add_column("Why")
    for row in ranks.iter_rows(named=True):
        category = row["category"]
        change = (row["score_after"] or 0) - (row["score_before"] or 0)
        table.add_row(
            board_title(category, row["period"]),
            *(
                "-" if row[end] is None else f"{row[end]:,}"
                for end in ("rank_before", "rank_after")
            ),
            f"{'+' if change > 0 else ''}{gap(category, change)}" if change else "",
            why_moved(row, different),
        )
    print_table(out, table)


def why_moved(row: dict[str, Any], different: Difference) -> str:
    """One rank's move in words."""
    then, now = (
        period_name(snapshot.as_of, row["period"])
        for snapshot in (different.before, different.after)
    )
    if then != now:
        return f"{now} instead of {then}"
    if row["rank_before"] is None:
        return "was not ranked before"
    if row["rank_after"] is None:
        return "is no longer ranked"
    said = []
    for places, whose in ((row["own"], "by the own score"), (row["others"], "by those of others")):
        if places:
            count = plural(abs(places), "place")
            said.append(f"{count} {'up' if places < 0 else 'down'} {whose}")
    return ", ".join(said)


def reasons_of(row: dict[str, Any], different: Difference) -> str:
    """How much of a number's change each reason made."""
    return "; ".join(f"{row[name]:+,} {REASONS[name]}" for name in different.reasons if row[name])


def count_or_dash(value: int | None) -> str:
    """A number, or a dash where there is none."""
    return "-" if value is None else f"{value:,}"

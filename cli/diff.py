"""`beatxp diff`: what changed between two snapshots, and why."""

from functools import partial
from typing import Annotated, Any

import polars as pl
import typer
from rich.console import Console
from rich.text import Text

from analysis.difference import REASONS, SnapshotDifference
from analysis.remembered import remembered
from cli.app import Terminal, app
from cli.files import tell_written, writable_folders, write_tables
from cli.options import CsvFolderOption, JsonOption, ParquetFolderOption
from cli.tables import print_hanging, print_rows
from cli.wording import gap, id_of_row, moment, plural, printable, rules_of, untrusted
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
    writable_folders(csv, parquet)
    one, other = terminal.snapshot(before), terminal.snapshot(after)
    meant = None if producer is None else producer_in(one, other, producer)
    different = remembered(one, other, meant, partial(compare, terminal, one, other))
    tables = {name: with_texts(rows, one, other) for name, rows in different.tables.items()}
    written = write_tables(tables, csv, parquet)
    if json:
        # Amounts by reason are those in `reasons`.
        terminal.json(
            {
                "before": different.before,
                "after": different.after,
                "reasons": different.reasons,
                "is_ledger_told": different.is_ledger_told,
                "rules": different.told_rules,
                **tables,
            }
        )
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
) -> SnapshotDifference:
    """Compare two kept snapshots. Raises ExportFilesGone."""
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


def xp_changes(different: SnapshotDifference) -> pl.DataFrame:
    """The changes of producers' total XP: the columns of `numbers` and `change`."""
    is_total = (pl.col("table") == "progress") & (pl.col("number") == "total_xp")
    change = pl.col("after").fill_null(0) - pl.col("before").fill_null(0)
    return different.numbers.filter(is_total).with_columns(change.alias("change"))


def print_header(out: Console, different: SnapshotDifference) -> None:
    """What is compared, and which files and rules are not the same."""
    for name, row in (("From", different.before), ("To", different.after)):
        rest = f", as of {moment(row.as_of)}, rules {rules_of(row)}"
        print_hanging(out, Text.assemble(f"{name:<5}", (row.snapshot_id, "bold"), rest), indent=5)
    for what in ("new", "changed", "gone"):
        files = different.files.filter(pl.col("what") == what)
        if files.height:
            names = [printable(f"{entity}/{file}") for entity, file, _ in files.head(MOST).rows()]
            more = f" and {files.height - MOST:,} more" if files.height > MOST else ""
            counted = plural(files.height, "file")
            print_hanging(out, Text(f"{counted} {what}: {', '.join(names)}{more}"))
    for sentence in different.told_rules:
        print_hanging(out, untrusted(f"- {sentence}"))
    if different.before.snapshot_id == different.after.snapshot_id:
        out.print("Both are the same snapshot, so nothing differs. `beatxp snapshots` lists all.")
    elif not different.reasons:
        out.print("Nothing else differs.")


def print_reasons(out: Console, different: SnapshotDifference) -> None:
    """How much XP each reason gave and took, and of how many producers."""
    totals = xp_changes(different)
    rows = [
        (REASONS[reason].capitalize(), f"{xp:+,}", producers)
        for reason, xp, producers in different.by_reason.iter_rows()
    ]
    rows.append(("All", f"{totals['change'].sum():+,}", totals.height))
    print_rows(out, ("Why", "Total XP", "Producers"), rows)
    if not different.is_ledger_told:
        out.print(
            "  So many days of the ledger differ that they are listed with --producer only.",
            style="dim",
        )


def print_producers(
    out: Console, different: SnapshotDifference, before: PublishedSnapshot, after: PublishedSnapshot
) -> None:
    """Who gained and who lost most, and why."""
    totals, change = xp_changes(different), pl.col("change")
    gained = totals.filter(change > 0).sort("change", "key", descending=[True, False])
    lost = totals.filter(change < 0).sort("change", "key")
    for title, most in (("Gained most", gained.head(MOST)), ("Lost most", lost.head(MOST))):
        ids = most["producer_id"]
        names = names_of(before, ids) | names_of(after, ids)
        rows = (
            (
                names[row["producer_id"]],
                id_of_row(row),
                f"{row['change']:+,}",
                reasons_of(row, different),
            )
            for row in with_texts(most, before, after).iter_rows(named=True)
        )
        print_rows(out, (title, "Id", "XP", "Why"), rows, texts=["Why"])


def print_texts(out: Console, others: pl.DataFrame) -> None:
    """How many names, level titles and statuses are other ones."""
    texts = others.filter(pl.col("table") == "progress")
    if texts.height:
        counted = texts["producer_id"].n_unique()
        out.print(f"\nOther names, level titles or statuses: {plural(counted, 'producer')}.")


def print_achievements(out: Console, different: SnapshotDifference) -> None:
    """Achievements that were reached, lost, or are dated otherwise, by reason."""
    unlocks = different.others.filter(pl.col("table") == "unlocks")
    was, now = pl.col("before").is_not_null(), pl.col("after").is_not_null()
    counted = unlocks.group_by("reasons").agg(
        (now & ~was).sum().alias("reached"),
        (was & ~now).sum().alias("lost"),
        (was & now).sum().alias("moved"),
    )
    rows = (
        (in_words(reasons).capitalize(), *counts)
        for reasons, *counts in counted.sort("reasons").iter_rows()
    )
    print_rows(out, ("Achievements", "Reached", "Lost", "Other time"), rows)


def print_boards(out: Console, ranks: pl.DataFrame) -> None:
    """How many moved on each board, and whether it was their own score or that of others."""
    was, now = pl.col("rank_before"), pl.col("rank_after")
    counted = ranks.group_by("category", "period", maintain_order=True).agg(
        (was.is_null()).sum().alias("in"),
        (now.is_null()).sum().alias("out"),
        (now < was).sum().alias("up"),
        (now > was).sum().alias("down"),
        ((was != now) & (pl.col("own") == 0)).sum().alias("passive"),
    )
    columns = ("Boards", "In", "Out", "Up", "Down", "Only by others' scores")
    rows = (
        (board_title(category, period), *counts)
        for category, period, *counts in counted.iter_rows()
    )
    print_rows(out, columns, rows)


def print_numbers(out: Console, different: SnapshotDifference) -> None:
    """A producer's numbers of the Progress page, and days of the ledger, with the reasons."""
    numbers = different.numbers.filter(pl.col("table") == "progress")
    if numbers.is_empty():
        out.print("\nNo number of this producer changed.")
        return
    is_xp = (pl.col("table") == "xp_ledger") & (pl.col("number") == "xp")
    days = different.numbers.filter(is_xp).with_columns(
        pl.col("key").str.replace(r"^\S* ", "").alias("number")
    )
    for columns, changed in (
        (("Number", "Before", "After", "Why"), numbers),
        (("Day and source", "XP before", "After", "Why"), days.tail(MOST)),
    ):
        rows = (
            (row["number"], row["before"], row["after"], reasons_of(row, different))
            for row in changed.iter_rows(named=True)
        )
        print_rows(out, columns, rows, texts=["Why"])
    if days.height > MOST:
        out.print(f"  the last of {days.height:,} days and sources (--json has all)", style="dim")


def print_others(out: Console, different: SnapshotDifference) -> None:
    """A producer's achievements, level-ups and texts that changed."""
    rows = []
    for row in different.others.iter_rows(named=True):
        what = row["key"].partition(" ")[2] or row["number"]
        name = f"level {what}" if row["table"] == "level_ups" else what
        rows.append((name, row["before"] or "-", row["after"] or "-", in_words(row["reasons"])))
    columns = ("What", "Before", "After", "Why")
    print_rows(out, columns, rows, texts=columns)


def print_moves(out: Console, different: SnapshotDifference) -> None:
    """A producer's ranks: what their own score did, and what those of others did."""
    rows = []
    for row in different.ranks.iter_rows(named=True):
        category = row["category"]
        change = (row["score_after"] or 0) - (row["score_before"] or 0)
        sign = "+" if change > 0 else ""
        rows.append(
            (
                board_title(category, row["period"]),
                row["rank_before"],
                row["rank_after"],
                f"{sign}{gap(category, change)}" if change else "",
                why_moved(row, different),
            )
        )
    print_rows(out, ("Rank", "Before", "After", "Score", "Why"), rows, texts=["Why"])


def why_moved(row: dict[str, Any], different: SnapshotDifference) -> str:
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
    moves = []
    for places, whose in ((row["own"], "by the own score"), (row["others"], "by those of others")):
        if places:
            count = plural(abs(places), "place")
            moves.append(f"{count} {'up' if places < 0 else 'down'} {whose}")
    return ", ".join(moves)


def in_words(reasons: str) -> str:
    """Why something that is no number changed."""
    return " and ".join(REASONS[reason] for reason in reasons.split(", "))


def reasons_of(row: dict[str, Any], different: SnapshotDifference) -> str:
    """How much of a number's change each reason made."""
    return "; ".join(f"{row[name]:+,} {REASONS[name]}" for name in different.reasons if row[name])

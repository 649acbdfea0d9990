"""How an explanation is printed."""

from collections.abc import Callable, Mapping
from typing import Any

import polars as pl
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from analysis.explain.answer import ACTIVITIES, Explanation
from analysis.explain.verdicts import COUNTED, VERDICTS, in_words, rule_of
from cli.show import SHORT_SOURCES
from cli.tables import fitted, number_table, print_hanging
from cli.wording import id_of_row, moment, money, plural, printable, untrusted
from pipelines.boards.periods import last_day
from pipelines.vocabulary import SOURCES

#: Ledger rows that are printed one by one; of more, months.
LEDGER_ROWS = 31
#: Rows of each table; --json has all.
ROWS = 20
TITLES = {
    "uploads": "Uploads",
    "metadata": "Complete tracks",
    "collaborations": "Collaborations",
    "plays": "Plays",
    "earnings": "Earnings",
    "grants": "Grants",
    "adjustments": "Adjustments",
}
ENTITY = {"uploads": "tracks", "metadata": "tracks", "collaborations": "credits"}
TIMES = {table: time for table, time, _ in ACTIVITIES.values()}


def print_explanation(out: Console, answer: Explanation) -> None:
    """Print the answer in sections, from the total downwards."""
    print_total(out, answer)
    if answer.request.achievement is not None:
        print_achievements(out, answer)
        return
    print_sources(out, answer)
    print_ledger(out, answer)
    if answer.request.is_narrow:
        print_achievements(out, answer)
        for name, rows in answer.activity.items():
            counted = rows.filter(pl.col("verdict") == COUNTED)
            print_rows(out, f"{TITLES[name]} that count", name, counted)
        for name, rows in answer.activity.items():
            others = rows.filter(pl.col("verdict") != COUNTED)
            print_rows(out, f"{TITLES[name]} that do not count", name, others)
    else:
        print_verdicts(out, answer)
    if answer.plays_left_out:
        out.print(
            f"\n Their tracks have {answer.plays_left_out:,} plays, too many to look at each. "
            "--day says what became of those of a day."
        )
    print_rejected(out, answer)
    print_unmatched(out, answer)
    print_unread(out, answer)


def print_total(out: Console, answer: Explanation) -> None:
    """Who it is, and the sum."""
    total = answer.total.row(0, named=True)
    out.print(
        Text.assemble(
            untrusted(total["display_name"], "bold"), (f"  producer {id_of_row(total)}", "dim")
        )
    )
    said = f"{total['total_xp']:,} XP: the sum of {plural(total['ledger_rows'], 'ledger row')}"
    if total["ledger_xp"] < 0:
        said += f" is {total['ledger_xp']:,}, and a total is never below 0"
    out.print(Text(f"{said}."))


def print_sources(out: Console, answer: Explanation) -> None:
    """XP by source, of what was asked about."""
    earned = answer.sources.drop_nulls()
    if answer.request.source is not None or earned.is_empty():
        return
    on = f" on {answer.request.day}" if answer.request.day else ""
    table = number_table(f"XP by source{on}", "XP", "Ledger rows", "Quantity", "")
    for source, rows, quantity, xp in earned.iter_rows():
        unit = SOURCES[source]
        unit = unit.removesuffix("s") if quantity == 1 else unit
        table.add_row(source.capitalize(), f"{xp:,}", f"{rows:,}", f"{quantity:,}", unit)
    table.add_row("Sum", f"{earned['xp'].sum():,}", f"{earned['rows'].sum():,}", "", "")
    _print(out, table)


def print_ledger(out: Console, answer: Explanation) -> None:
    """Ledger rows with the rule that made each, or months if there are many."""
    ledger = answer.ledger
    if ledger.is_empty():
        if answer.request.source != "earning":
            out.print("\nNo ledger rows.")
        print_outside(out, answer)
        return
    if ledger.height <= LEDGER_ROWS:
        table = Table("Day", "Source", "XP", "How", box=None, header_style="bold")
        table.columns[2].justify = "right"
        for row in ledger.to_dicts():
            table.add_row(f"{row['day']}", row["source"], f"{row['xp']:,}", row["arithmetic"])
        _print(out, table)
        return
    sources = [s for s in SOURCES if ledger.filter(pl.col("source") == s).height]
    table = number_table("Month", *(SHORT_SOURCES[source] for source in sources), "XP")
    for row in answer.months.to_dicts():
        cells = (f"{row[source]:,}" for source in (*sources, "xp"))
        table.add_row(f"{row['month']:%Y-%m}", *cells)
    _print(out, table)
    out.print(
        " --day says how each day came about; --json, --csv and --parquet have all rows.",
        style="dim",
    )


def print_outside(out: Console, answer: Explanation) -> None:
    """Why nothing can be of a day: the snapshot ends before it, or the producer joined after it."""
    day, as_of = answer.request.day, answer.snapshot.row.as_of
    if day is None:
        return
    if day > last_day(as_of):
        out.print(
            f"The snapshot ends before {day}: it counts what is before {moment(as_of)} (UTC)."
        )
    elif day < answer.joined_at.date():
        out.print(f"This is before they joined: that was on {answer.joined_at:%Y-%m-%d}.")


def print_achievements(out: Console, answer: Explanation) -> None:
    """What unlocked achievements, or what is missing."""
    for row in answer.achievements.head(ROWS).to_dicts():
        unlocked = row["unlocked_at"] is not None
        when = f"unlocked {_exactly(row['unlocked_at'])}" if unlocked else "locked"
        out.print()
        out.print(
            Text.assemble(
                untrusted(row["name"], "bold"),
                f"  {printable(row['achievement_id'])}, {row['xp']:+,} XP, {when}",
            )
        )
        print_hanging(out, untrusted(f"  {row['explanation'] or ''}"), indent=4)
        if row["file"] is not None:
            place = _place(row["entity"], row)
            print_hanging(out, Text.assemble("  ", (place, "dim")), indent=4)
    _print_more(out, answer.achievements)


def print_rows(out: Console, title: str, name: str, rows: pl.DataFrame) -> None:
    """Export rows of one table of activity, each with the reason if it does not count."""
    if rows.is_empty():
        return
    out.print(f"\n {title}: {rows.height:,}", style="bold")
    for row in rows.head(ROWS).to_dicts():
        time = f" {_exactly(row[TIMES[name]])}  "
        place = _place(ENTITY.get(name, name), row)
        said = Text.assemble(time, untrusted(THINGS[name](row)), "  ", (place, "dim"))
        print_hanging(out, said, indent=len(time))
        if row["detail"]:
            out.print(Padding(untrusted(row["detail"]), (0, 0, 0, 4), expand=False))
    _print_more(out, rows)


def print_verdicts(out: Console, answer: Explanation) -> None:
    """How many export rows do not count, and why."""
    others = answer.verdicts.filter(pl.col("verdict") != COUNTED)
    if others.is_empty():
        return
    table = Table("What does not count", "Rows", "Why", box=None, header_style="bold")
    table.columns[1].justify = "right"
    for name, verdict, replacement, rows in others.iter_rows():
        table.add_row(TITLES[name], f"{rows:,}", in_words(verdict, replacement))
    _print(out, table)
    rules = dict.fromkeys(rule_of(name, verdict) for name, verdict, *_ in others.iter_rows())
    print_hanging(out, Text(f" By the rules in {', '.join(rules)}.", style="dim"), indent=1)
    out.print(" --source or --day lists the rows.", style="dim")


def print_rejected(out: Console, answer: Explanation) -> None:
    """Input of which nothing could be made, or not yet."""
    if answer.rejects.height:
        out.print(f"\n Rejected rows that name them: {answer.rejects.height:,}", style="bold")
        for row in answer.rejects.head(ROWS).to_dicts():
            reason = f": {row['reason']} ({row['names']})"
            said = Text.assemble(f" {_place(row['entity'], row)}", untrusted(reason))
            print_hanging(out, said, indent=4)
        _print_more(out, answer.rejects)
    if answer.rejected_files.height:
        files = plural(answer.rejected_files.height, "file")
        out.print(f"\n Rejected whole: {files}; what is in them counts for nobody.", style="bold")
        for row in answer.rejected_files.head(ROWS).to_dicts():
            print_hanging(out, untrusted(f" {row['entity']}/{row['file']} ({row['reason']})"), 4)
        _print_more(out, answer.rejected_files)
    if answer.dumps.height:
        out.print("\n Dumps that are not in force", style="bold")
        for row in answer.dumps.head(ROWS).to_dicts():
            said = Text(
                f" {row['entity']} of {row['stamp']:%Y-%m-%dT%H-%M}: {VERDICTS[row['verdict']]}; "
                f"{plural(row['rows'], 'row')} of this producer"
            )
            print_hanging(out, said, indent=4)
        _print_more(out, answer.dumps)


def print_unmatched(out: Console, answer: Explanation) -> None:
    """How many rows refer to something unknown; they may have been meant for this producer."""
    if answer.unmatched.is_empty():
        return
    day, counts = answer.request.day, answer.unmatched
    total = plural(int(counts["rows"].sum()), "row")
    out.print(f"\n Unmatched: {total} that refer to something unknown", style="bold")
    for entity, rows, rows_of_day in counts.iter_rows():
        of_day = "" if rows_of_day is None else f", {rows_of_day:,} of them on {day}"
        out.print(f" {entity}: {rows:,}{of_day}")
    out.print(" They count for nobody. `rejects --unmatched` lists them.", style="dim")


def print_unread(out: Console, answer: Explanation) -> None:
    """Files of the exports folder that are not read, or not yet."""
    if answer.unread_files.is_empty():
        return
    out.print(f"\n Files that are not read: {answer.unread_files.height:,}", style="bold")
    for entity, file, _, detail in answer.unread_files.head(ROWS).iter_rows():
        path = f"{entity}/{file}" if entity else file
        print_hanging(out, Text.assemble(" ", untrusted(path), ": ", untrusted(detail)), indent=4)
    _print_more(out, answer.unread_files)


def _collaboration(row: Mapping[str, Any]) -> str:
    uploader, other = (id_of_row(row, f"{who}_id") for who in ("uploader", "collaborator"))
    return f"{_track(row)} of producer {uploader} with {other}"


def _track(row: Mapping[str, Any]) -> str:
    return f"track {id_of_row(row, 'track_id')}"


def _adjustment(row: Mapping[str, Any]) -> str:
    by = f", by {row['adjusted_by']}" if row["adjusted_by"] else ""
    return f"adjustment {row['adjustment_id']}, {row['xp']:+,} XP, {row['reason']}{by}"


THINGS: dict[str, Callable[[Mapping[str, Any]], str]] = {
    "uploads": lambda row: f"{_track(row)}, {row['title']}",
    "metadata": lambda row: f"{_track(row)}, {row['title']}",
    "collaborations": _collaboration,
    "plays": lambda row: f"play {row['play_id']} of {_track(row)}",
    "earnings": lambda row: f"earning {row['earning_id']} of {money(row['amount_cents'])}",
    "grants": lambda row: f"grant {row['grant_id']} of {row['achievement_id']}",
    "adjustments": _adjustment,
}


def _exactly(time: Any) -> str:
    """A time with its microseconds, if it has any."""
    return moment(time) if time is None or not time.microsecond else f"{time}"


def _place(entity: str, row: Mapping[str, Any]) -> str:
    return printable(f"{entity}/{row['file']} row {row['row']}")


def _print_more(out: Console, rows: pl.DataFrame) -> None:
    if rows.height > ROWS:
        out.print(f" and {rows.height - ROWS:,} more (--json has all)", style="dim")


def _print(out: Console, table: Table) -> None:
    out.print()
    out.print(fitted(out, table))

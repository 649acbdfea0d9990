"""`beatxp simulate`: what another rulebook would change, before it is made."""

from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
import polars as pl
import typer
from rich.console import Console
from rich.measure import Measurement
from rich.text import Text

from analysis.comparison import TOPS, distinct_names
from cli.app import (
    JsonOption,
    Terminal,
    app,
    errors_as_sentences,
    parse_time,
    web_page,
    writable,
)
from cli.folders import (
    CsvFolderOption,
    ParquetFolderOption,
    tell_written,
    writable_folders,
    write_tables,
)
from cli.rules import print_warnings
from cli.tables import amounts, number_table, print_hanging, print_table
from cli.wording import id_of_row, moment, plain, plural, printable, untrusted
from pipelines.vocabulary import SOURCES, board_title

if TYPE_CHECKING:
    from analysis.simulation import Simulation
    from pipelines.publication.manifest import Snapshot

#: Producers and achievements in each list; all of them are in the tables.
MOST = 10


@app.command("simulate", epilog="More: docs/analysis/what-if.md#trying-a-rulebook")
def simulate_command(
    context: typer.Context,
    rulebook: Annotated[
        Path, typer.Argument(metavar="RULEBOOK", help="The rulebook to try, a TOML file.")
    ],
    as_of: Annotated[
        datetime | None,
        typer.Option(
            parser=parse_time,
            metavar="TIME",
            help="Compare at this time, with the files that are present (as published).",
        ),
    ] = None,
    report: Annotated[
        Path | None,
        typer.Option(metavar="FILE.html", help="Also write it as an HTML file that opens offline."),
    ] = None,
    csv: CsvFolderOption = None,
    parquet: ParquetFolderOption = None,
    json: JsonOption = False,
) -> None:
    """Show what another rulebook would change. Nothing that is published is touched."""
    terminal: Terminal = context.obj
    with errors_as_sentences(terminal):
        if not rulebook.exists():
            raise typer.BadParameter(f"There is no file {rulebook}.")
        settings = terminal.settings()
        if report is not None:
            writable(report)
            web_page(report)
        writable_folders(csv, parquet)
        # Imported here: the other commands are to be quick.
        from analysis.simulation import simulate
        from cli.bars import watched
        from pipelines.rulebook import load_rulebook

        rules = load_rulebook(rulebook)
        with watched(terminal.err) as watcher:
            simulated = simulate(settings, rules, as_of, watcher)
        if report is not None:
            from analysis.simulation_report import write_report

            write_report(simulated, report.absolute())
        written = write_tables(simulated.tables, csv, parquet)
        if json:
            terminal.json(document(simulated))
            return
        print_simulation(terminal.out, simulated, rulebook)
        tell_written(terminal.out, [*written, *([] if report is None else [report])])


def document(simulated: "Simulation") -> dict[str, Any]:
    """A simulation for scripts: every table whole, but of producers those who change most."""
    from analysis.comparison import count_changes, gain_most, lose_most

    tables = dict(simulated.tables)
    producers = tables.pop("producers")
    found: dict[str, Any] = plain(
        {
            "before": _side(simulated.before, simulated.is_published),
            "after": _side(simulated.after, is_published=False),
            "rules": [sentence for _, sentence in simulated.told_rules],
            "warnings": [asdict(doubt) for doubt in simulated.warnings],
            "producers": count_changes(producers),
            "gain_most": gain_most(producers, MOST),
            "lose_most": lose_most(producers, MOST),
            **tables,
        }
    )
    return found


def _side(row: "Snapshot", is_published: bool) -> dict[str, Any]:
    """A snapshot, or what tells one apart that has never been published."""
    found = msgspec.structs.asdict(row)
    for name in () if is_published else ("snapshot_id", "published_at", "content_sha256"):
        del found[name]
    return found


def print_simulation(out: Console, simulated: "Simulation", rulebook: Path) -> None:
    """Print it in sections."""
    from analysis.comparison import count_changes, gain_most, lose_most

    row = simulated.before
    after = simulated.after
    print_hanging(
        out,
        Text.assemble(
            f"{printable(row.rulebook_name)} {printable(row.rulebook_version)} → ",
            (f"{printable(after.rulebook_name)} {printable(after.rulebook_version)}", "bold"),
            f" ({rulebook.name}), the same exports as of {moment(row.as_of)} (UTC)",
        ),
    )
    for _, sentence in simulated.told_rules:
        print_hanging(out, untrusted(f"- {sentence}"))
    if not simulated.rules:
        out.print("Both rulebooks say the same, so nothing changes.")
        return
    print_warnings(out, simulated.warnings)
    counted = count_changes(simulated.producers)
    out.print(
        f"\n{plural(counted['all'], 'producer')}: XP rises for {counted['gain']:,} and falls for "
        f"{counted['lose']:,}; the level rises for {counted['rise']:,} and falls for "
        f"{counted['fall']:,}."
    )
    print_sources(out, simulated)
    print_levels(out, simulated)
    for title, found in (
        ("Gain most", gain_most(simulated.producers, MOST)),
        ("Lose most", lose_most(simulated.producers, MOST)),
    ):
        print_producers(out, title, found)
    print_achievements(out, simulated.achievements)
    print_boards(out, simulated.boards)


def print_sources(out: Console, simulated: "Simulation") -> None:
    """XP by source before and after, and what producers have of it where that is not the same."""
    table = number_table("XP by source", "Before", "After", "Change")
    for source, before, after, change in simulated.sources.iter_rows():
        table.add_row(SOURCES[source].capitalize(), *amounts(before, after, change))
    total = simulated.sources.select(pl.col("xp_before", "xp_after", "xp_change").sum()).row(0)
    table.add_row("All", *amounts(*total))
    print_table(out, table)
    shown = simulated.producers.select(pl.col("xp_before", "xp_after").sum()).row(0)
    if shown != total[:2]:
        out.print(
            f"  Total XP, which is never below 0: {shown[0]:,} before, {shown[1]:,} after.",
            style="dim",
        )


def print_levels(out: Console, simulated: "Simulation") -> None:
    """The matrix of levels: a row for each level before, a column for each after.

    Where it is too wide for the terminal, the levels that are not the same as before.
    """
    counted = simulated.levels.drop_nulls()
    if counted.is_empty():
        return
    columns = sorted(set(counted["level_after"]))
    matrix = number_table("Level before \\ after", *map(str, columns))
    cells = {(b, a): n for b, a, n in counted.iter_rows()}
    for before in sorted(set(counted["level_before"])):
        row = [cells.get((before, after)) for after in columns]
        matrix.add_row(str(before), *("" if n is None else f"{n:,}" for n in row))
    # As wide as it would like to be: on a terminal that is narrower, numbers would be broken.
    everything = out.options.update(max_width=1000)
    if Measurement.get(out, everything, matrix).maximum < out.width:
        print_table(out, matrix)
        return
    moves = number_table("Level", "Producers")
    for before, after, producers in counted.iter_rows():
        if before != after:
            moves.add_row(step(before, after), f"{producers:,}")
    stay = counted.filter(pl.col("level_before") == pl.col("level_after"))["producers"].sum()
    moves.add_row("the same", f"{stay:,}")
    print_table(out, moves)


def print_producers(out: Console, title: str, producers: pl.DataFrame) -> None:
    """Producers with their XP and level before and after."""
    if producers.is_empty():
        return
    table = number_table(title, "Id", "Before", "After", "Change", "Level")
    for row in producers.iter_rows(named=True):
        table.add_row(
            untrusted(row["display_name"]),
            id_of_row(row),
            *amounts(row["xp_before"] or 0, row["xp_after"] or 0, row["xp_change"]),
            step(row["level_before"], row["level_after"]),
        )
    print_table(out, table)


def print_achievements(out: Console, achievements: pl.DataFrame) -> None:
    """Achievements that others have than before, those that change most first."""
    change = pl.col("reached") + pl.col("lost")
    changed = (
        achievements.with_columns(distinct_names())
        .filter(change > 0)
        .sort(change, "achievement_id", descending=[True, False])
    )
    if changed.is_empty():
        out.print("\nNo achievement is reached or lost.")
        return
    table = number_table("Achievements", "Before", "After", "Reached", "Lost")
    for row in changed.head(MOST).iter_rows(named=True):
        table.add_row(
            untrusted(row["name"]),
            *(f"{row[name]:,}" for name in ("holders_before", "holders_after", "reached", "lost")),
        )
    print_table(out, table)
    if changed.height > MOST:
        out.print(f"  and {changed.height - MOST:,} more (--json has all)", style="dim")


def print_boards(out: Console, boards: pl.DataFrame) -> None:
    """How much each board changes."""
    is_same = pl.sum_horizontal("moved", "entered", "left") == 0
    changed = boards.filter(~is_same)
    if changed.height:
        tops = [f"Top {top}" for top in TOPS]
        table = number_table("Boards", "Moved", "In/out", "Rise", "Fall", *tops)
        for row in changed.iter_rows(named=True):
            table.add_row(
                board_title(row["category"], row["period"]),
                f"{row['moved']:,}",
                f"{row['entered']:,}/{row['left']:,}",
                *(f"{row[name]:,}" for name in ("greatest_rise", "greatest_fall")),
                *(f"{row[f'top_{top}_kept']:,}/{row[f'top_{top}_before']:,}" for top in TOPS),
            )
        print_table(out, table)
        out.print(
            "  Moved: have another rank. Rise, fall: the most places. Top: who is still there.",
            style="dim",
        )
    same = boards.height - changed.height
    if same:
        out.print(f"\n{plural(same, 'board')} without any change of ranks.")


def step(before: int | None, after: int | None) -> str:
    """A level, or two with an arrow."""
    if before == after:
        return str(after)
    return f"{'-' if before is None else before} → {'-' if after is None else after}"

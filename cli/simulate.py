"""`beatxp simulate`: what another rulebook would change, before it is made."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
import polars as pl
import typer
from rich.console import Console
from rich.measure import Measurement
from rich.text import Text

from analysis.comparison import TOPS, count_changes, distinct_names, gain_most, lose_most
from cli.app import Terminal, app
from cli.files import tell_written, web_page, writable_folders, write_tables
from cli.options import CsvFolderOption, JsonOption, ParquetFolderOption, time_option
from cli.rules import print_warnings
from cli.tables import number_table, print_hanging, print_rows, print_table
from cli.wording import id_of_row, moment, plural, rules_of, untrusted
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
        time_option("Compare at this time, with the files that are present (as published)."),
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
    if not rulebook.exists():
        raise typer.BadParameter(f"There is no file {rulebook}.")
    settings = terminal.settings()
    if report is not None:
        web_page(report)
    writable_folders(csv, parquet)
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
    tables = dict(simulated.tables)
    producers = tables.pop("producers")
    return {
        "before": _side(simulated.before, simulated.is_published),
        "after": _side(simulated.after, is_published=False),
        "rules": [sentence for _, sentence in simulated.told_rules],
        "warnings": simulated.warnings,
        "producers": count_changes(producers),
        "gain_most": gain_most(producers, MOST),
        "lose_most": lose_most(producers, MOST),
        **tables,
    }


def _side(row: "Snapshot", is_published: bool) -> dict[str, Any]:
    """A snapshot, or what tells one apart that has never been published."""
    about = msgspec.structs.asdict(row)
    for name in () if is_published else ("snapshot_id", "published_at", "content_sha256"):
        del about[name]
    return about


def print_simulation(out: Console, simulated: "Simulation", rulebook: Path) -> None:
    """Print it in sections."""
    before, after = simulated.before, simulated.after
    print_hanging(
        out,
        Text.assemble(
            f"{rules_of(before)} → ",
            (rules_of(after), "bold"),
            f" ({rulebook.name}), the same exports as of {moment(before.as_of)} (UTC)",
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
    print_producers(out, "Gain most", gain_most(simulated.producers, MOST))
    print_producers(out, "Lose most", lose_most(simulated.producers, MOST))
    print_achievements(out, simulated.achievements)
    print_boards(out, simulated.boards)


def print_sources(out: Console, simulated: "Simulation") -> None:
    """XP by source before and after, and what producers have of it where that is not the same."""
    total = simulated.sources.select(pl.col("xp_before", "xp_after", "xp_change").sum()).row(0)
    rows = [(SOURCES[source].capitalize(), *xp) for source, *xp in simulated.sources.iter_rows()]
    print_rows(
        out,
        ("XP by source", "Before", "After", "Change"),
        (
            (name, before, after, signed(change))
            for name, before, after, change in [*rows, ("All", *total)]
        ),
    )
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
    cells = {(b, a): f"{n:,}" for b, a, n in counted.iter_rows()}
    for before in sorted(set(counted["level_before"])):
        matrix.add_row(str(before), *(cells.get((before, after), "") for after in columns))
    # As wide as it would like to be: on a terminal that is narrower, numbers would be broken.
    everything = out.options.update(max_width=1000)
    if Measurement.get(out, everything, matrix).maximum < out.width:
        print_table(out, matrix)
        return
    moves: list[tuple[str, int]] = [
        (step(before, after), producers)
        for before, after, producers in counted.iter_rows()
        if before != after
    ]
    stay = counted.filter(pl.col("level_before") == pl.col("level_after"))["producers"].sum()
    print_rows(out, ("Level", "Producers"), [*moves, ("the same", int(stay))])


def print_producers(out: Console, title: str, producers: pl.DataFrame) -> None:
    """Producers with their XP and level before and after."""
    print_rows(
        out,
        (title, "Id", "Before", "After", "Change", "Level"),
        (
            (
                row["display_name"],
                id_of_row(row),
                row["xp_before"] or 0,
                row["xp_after"] or 0,
                signed(row["xp_change"]),
                step(row["level_before"], row["level_after"]),
            )
            for row in producers.iter_rows(named=True)
        ),
    )


def print_achievements(out: Console, achievements: pl.DataFrame) -> None:
    """Achievements that others have than before, those that change most first."""
    change = pl.col("reached") + pl.col("lost")
    changed = (
        achievements.with_columns(distinct_names())
        .filter(change > 0)
        .sort(change, "achievement_id", descending=[True, False])
        .select("name", "holders_before", "holders_after", "reached", "lost")
    )
    if changed.is_empty():
        out.print("\nNo achievement is reached or lost.")
        return
    columns = ("Achievements", "Before", "After", "Reached", "Lost")
    print_rows(out, columns, changed.head(MOST).rows())
    if changed.height > MOST:
        out.print(f"  and {changed.height - MOST:,} more (--json has all)", style="dim")


def print_boards(out: Console, boards: pl.DataFrame) -> None:
    """How much each board changes."""
    is_same = pl.sum_horizontal("moved", "entered", "left") == 0
    changed = boards.filter(~is_same)
    if changed.height:
        tops = [f"Top {top}" for top in TOPS]
        print_rows(
            out,
            ("Boards", "Moved", "In/out", "Rise", "Fall", *tops),
            (
                (
                    board_title(row["category"], row["period"]),
                    row["moved"],
                    f"{row['entered']:,}/{row['left']:,}",
                    row["greatest_rise"],
                    row["greatest_fall"],
                    *(f"{row[f'top_{top}_kept']:,}/{row[f'top_{top}_before']:,}" for top in TOPS),
                )
                for row in changed.iter_rows(named=True)
            ),
        )
        out.print(
            "  Moved: have another rank. Rise, fall: the most places. Top: who is still there.",
            style="dim",
        )
    same = boards.height - changed.height
    if same:
        out.print(f"\n{plural(same, 'board')} without any change of ranks.")


def signed(change: int) -> str:
    """A change with its sign; nothing where there is none."""
    return f"{change:+,}" if change else ""


def step(before: int | None, after: int | None) -> str:
    """A level, or two with an arrow."""
    if before == after:
        return str(after)
    return f"{'-' if before is None else before} → {'-' if after is None else after}"

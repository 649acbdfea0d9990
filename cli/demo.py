"""`beatxp demo`: a made-up marketplace, refreshed, and what comes out of it."""

import json as json_text
import os
import sys
import time
from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import polars as pl
import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from cli.app import Terminal, app
from cli.begin_project import RULEBOOK, SETTINGS, begin_project, begin_rulebook
from cli.leaderboard import print_standings, print_title
from cli.options import time_option
from cli.rejected import print_files
from cli.show import print_page, print_updated, read_page
from cli.tables import fitted
from cli.wording import money, plural, untrusted
from pipelines.published.rejects import Selection, rejected_files
from pipelines.published.snapshot import NotFoundError, PublishedSnapshot, open_snapshot, xp_totals
from pipelines.published.standings import top
from pipelines.settings import Settings, load_settings

SIZE = {"seed": 7, "producers": 2_000, "plays": 1_000_000}
BOARDS = (("overall", "all_time"), ("plays", "month"), ("points", "week"))


@app.command("demo", epilog="More: README.md#try-it")
def demo_command(
    context: typer.Context,
    folder: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER", help="Where the demo lives (demo, beside the settings file)."
        ),
    ] = None,
    producers: Annotated[
        int | None, typer.Option(min=1, metavar="N", help=f"Producers ({SIZE['producers']:,}).")
    ] = None,
    plays: Annotated[
        int | None, typer.Option(min=1, metavar="N", help=f"Plays ({SIZE['plays']:,}).")
    ] = None,
    seed: Annotated[
        int | None,
        typer.Option(metavar="N", help=f"The same seed, the same demo ({SIZE['seed']})."),
    ] = None,
    as_of: Annotated[
        datetime | None,
        time_option("The time that it is taken for (now)."),
    ] = None,
) -> None:
    """Write demo exports, refresh, and show what comes out. Exports that are there stay."""
    terminal: Terminal = context.obj
    place = folder if folder is not None else terminal.config.parent / "demo"
    asked = {"seed": seed, "producers": producers, "plays": plays}
    from cli.bars import watched_refresh
    from pipelines.publication.publish import utc_now

    now = utc_now() if as_of is None else as_of
    today = datetime(now.year, now.month, now.day)
    config, settings = demo_settings(terminal, place)
    asked_for = {k: v for k, v in asked.items() if v is not None}
    write_exports(terminal, place, asked_for, today.date())
    is_first = not (settings.project.store / "work").exists()
    started = time.monotonic()
    if is_first:
        # What boards compare with: who has moved since yesterday.
        watched_refresh(terminal.err, settings, today)
    outcome = watched_refresh(terminal.err, settings, now)
    seconds = time.monotonic() - started
    terminal.done()
    snapshot = open_snapshot(settings.project.store)
    producer = typical_producer(snapshot)
    print_totals(terminal.out, snapshot, outcome.published, is_first, seconds)
    print_boards(terminal.out, snapshot)
    print_heading(terminal.out, f"What producer {producer} sees")
    print_page(terminal.out, read_page(snapshot, producer))
    print_updated(terminal, snapshot)
    print_rejected(terminal.out, snapshot)
    print_next(terminal.out, snapshot, config, producer)


def demo_settings(terminal: Terminal, place: Path) -> tuple[Path, Settings]:
    """The project's settings if they are those of the demo, or else settings beside the demo.

    So a demo never ends up in the store of real exports. The folder of its exports is there then;
    that of the project's need not be. Where there is no project, the demo begins one: around its
    usual folder, or else in the one that was named. Raises SettingsError, NotFoundError, OSError.
    """
    exports = Path(os.path.abspath(place / "exports"))
    if place == terminal.config.parent / "demo":
        tell_begun(terminal, begin_project(terminal.config))
    config = place / SETTINGS
    rulebook = None
    if terminal.config.exists():
        settings = load_settings(terminal.config, exports_may_come=True)
        rulebook = settings.project.rulebook
        if settings.project.exports == exports:
            config = terminal.config
    exports.mkdir(parents=True, exist_ok=True)
    if not config.exists():
        if rulebook is None:
            tell_begun(terminal, begin_rulebook(place))
        # A JSON text is a TOML text too.
        named = json_text.dumps(str(rulebook or RULEBOOK), ensure_ascii=False)
        config.write_text(
            "# Settings of the demo in this folder, written by `beatxp demo`.\n[project]\n"
            f'exports = "exports"\nstore = "store"\nrulebook = {named}\n',
            encoding="utf-8",
        )
    settings = load_settings(config)
    if settings.project.exports != exports:
        raise NotFoundError(
            f"{config} names other exports than {exports}: this is no place for a demo. Name "
            "another folder with --folder."
        )
    return config, settings


def tell_begun(terminal: Terminal, files: list[Path]) -> None:
    """Say which files a new project began with, if it did not have them already."""
    if files:
        named = [str(file) for file in files]
        listed = " and ".join([", ".join(named[:-1]), named[-1]] if named[1:] else named)
        said = f"Wrote {listed}, for you to change: no demo does it again."
        terminal.out.print(Text(said), soft_wrap=True)


def write_exports(terminal: Terminal, place: Path, asked: dict[str, int], today: date) -> None:
    """Write the demo's exports, up to the end of today, if there are none yet.

    What they were made with stands in demo.json: exports without it are not the demo's, and
    a demo of another size belongs in another folder. Raises NotFoundError or BadParameter.
    """
    exports, made = place / "exports", place / "demo.json"
    if not any(exports.iterdir()):
        size = SIZE | asked
        made.write_text(json_text.dumps(size | {"day": f"{today}"}) + "\n", encoding="utf-8")
        from cli.demo_exports import write_demo_exports

        doing = (
            f"Writing {plural(size['plays'], 'play')} of {plural(size['producers'], 'producer')}"
        )
        with terminal.err.status(doing):
            write_demo_exports(exports, **size, until=today, days_ahead=1)
        terminal.out.print(Text(f"Wrote demo exports to {exports}."), soft_wrap=True)
        return
    if not made.exists():
        raise NotFoundError(
            f"{exports} has files that are not a demo's. Name another folder with --folder, or "
            "delete it if nobody needs them."
        )
    size = json_text.loads(made.read_text(encoding="utf-8"))
    if other := [f"--{name} {value}" for name, value in asked.items() if size.get(name) != value]:
        raise typer.BadParameter(
            f"The demo in {place} was made without {' '.join(other)}. Name another folder with "
            f"--folder, or delete {place} to make it anew."
        )
    said = f"Demo exports are in {exports} already."
    if (day := size.get("day")) != f"{today}":
        ends = f"end on {day}" if day else "are of an earlier version"
        said += f" They {ends}: delete {place} to make them anew, up to today."
    terminal.out.print(Text(said), soft_wrap=True)


def typical_producer(snapshot: PublishedSnapshot) -> int:
    """The best of those who have a bit of everything and a level to reach, or else anyone."""
    progress = snapshot.scan("progress")
    earned = [pl.col(f"{source}_xp") > 0 for source in ("upload", "play", "metadata")]
    varied = progress.filter(
        *earned,
        pl.col("collaboration_xp") > 0,
        pl.col("earnings_cents") > 0,
        pl.col("next_level_xp").is_not_null(),
    )
    board = snapshot.scan("leaderboard", ["points-week"]).select("producer_id", "rank")
    best = varied.join(board, on="producer_id").sort("rank", "producer_id").select("producer_id")
    anyone = progress.sort("producer_id").select("producer_id").head(1)
    return int(pl.concat([best.head(1), anyone]).collect()["producer_id"][0])


def print_heading(out: Console, heading: str) -> None:
    """Begin a part of the demo."""
    out.print()
    out.rule(Text(heading, style="bold"), align="left", style="dim")


def print_totals(
    out: Console, snapshot: PublishedSnapshot, published: bool, is_first: bool, seconds: float
) -> None:
    """What there is in all, and how long it took."""
    inputs = snapshot.scan("inputs").collect()
    accepted = dict(inputs.select("entity", "accepted").iter_rows())
    rows, files = int(inputs["rows_read"].sum()), int(inputs["files"].sum())
    earned = snapshot.scan("progress").select(pl.col("earnings_cents").sum()).collect().item()
    took = f"{seconds:.1f} s"
    if published:
        said = "Published snapshot "
        # A speed only means something if nothing of the work was done before.
        speed = f"{accepted['plays'] / seconds:,.0f} plays per second"
        took += f", {speed}" if is_first else ", building on earlier refreshes"
    else:
        said = "Nothing is new: already up to date with snapshot "
        took += " to see that nothing has changed"
    out.print(Text.assemble("\n", said, (snapshot.row.snapshot_id, "bold"), "."))
    for name, value in (
        ("Producers", f"{snapshot.row.producers:,}"),
        ("Plays", f"{accepted['plays']:,}"),
        ("Total XP", f"{xp_totals(snapshot).total:,}"),
        ("Earnings", money(earned)),
        ("Exports", f"{plural(rows, 'row')} in {plural(files, 'file')}"),
        ("Time", took),
    ):
        out.print(f"  {name:<10} {value}")


def print_boards(out: Console, snapshot: PublishedSnapshot) -> None:
    """The top of three boards."""
    print_heading(out, "Leaderboards")
    for number, (category, period) in enumerate(BOARDS):
        standings = top(snapshot, category, period, 5)
        if number:
            out.print()
        print_title(out, snapshot, category, period, standings)
        print_standings(out, category, standings)


def print_rejected(out: Console, snapshot: PublishedSnapshot) -> None:
    """How much of the input was not used, and why."""
    print_heading(out, "What happened to the exports")
    numbers = ("rows_read", "accepted", "duplicates", "rejected", "unmatched")
    table = Table("", box=None, header_style="bold", pad_edge=False)
    for name in numbers:
        table.add_column(name.replace("_", " ").capitalize(), justify="right")
    for row in snapshot.scan("inputs").collect().iter_rows(named=True):
        table.add_row(row["entity"], *(f"{row[name]:,}" for name in numbers))
    out.print(fitted(out, table))
    reasons = (
        snapshot.scan("rejects")
        .filter(pl.col("row").is_not_null())
        .group_by("entity", "reason")
        .agg(pl.len().alias("rows"))
        .sort("entity", "rows", "reason", descending=[False, True, False])
        .collect()
    )
    out.print()
    table = Table("", box=None, header_style="bold", pad_edge=False)
    table.add_column("Rejected", justify="right")
    table.add_column("Reason")
    for entity, reason, rows in reasons.iter_rows():
        table.add_row(entity, f"{rows:,}", untrusted(reason))
    out.print(fitted(out, table))
    files = rejected_files(snapshot, Selection())
    print_files(out, plural(files.height, "rejected file"), files)


def print_next(out: Console, snapshot: PublishedSnapshot, config: Path, producer: int) -> None:
    """Where the tables are, and what can be run from here."""
    command = command_name(config)
    print_heading(out, "What to do next")
    lines = (
        (f"show {producer}", "a producer's progress"),
        (f"explain {producer}", "where every point comes from, and what does not count"),
        (f"leaderboard plays --period month --around {producer}", "the field around someone"),
        ("rejects --csv rejects.csv", "what was rejected, for a spreadsheet"),
        ("report balance.html", "the balance of the XP economy, for the browser"),
        ("snapshots", "what is kept"),
        ("current", "the published tables; --json lists their files"),
    )
    for arguments, why in lines:
        out.print(Text.assemble(f"{command} {arguments}  ", (f"# {why}", "dim")), soft_wrap=True)
    tables = f"The tables are Parquet files below {snapshot.root / 'tables'}, a folder each."
    out.print(Text(tables), soft_wrap=True)


def command_name(config: Path) -> str:
    """How to call this command from here, with the demo's settings."""
    called = Path(sys.argv[0])
    command = "beatxp"
    if called.name == "beatxp" and called.is_absolute() and called.is_relative_to(Path.cwd()):
        command = str(called.relative_to(Path.cwd()))
    elif called.name == "beatxp":
        command = str(called)
    return command if config == Path(SETTINGS) else f"{command} --config {config}"

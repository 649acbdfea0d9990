"""`beatxp demo`: a made-up marketplace, refreshed, and what comes out of it."""

import time
from datetime import datetime
from pathlib import Path
from typing import Annotated

import polars as pl
import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from pipelines.boards.standings import top
from pipelines.cli.app import Terminal, app, errors_as_sentences
from pipelines.cli.leaderboard import print_standings
from pipelines.cli.refresh import Bars, bars_on
from pipelines.cli.rejects import print_files
from pipelines.cli.show import print_page, read_page
from pipelines.cli.wording import money, plural, stranger
from pipelines.demo_exports import write_demo_exports
from pipelines.refresh import refresh
from pipelines.snapshot import PublishedSnapshot, open_snapshot, total_xp

#: The end of the demo's last day, so that it shows the same on every day it is run.
AS_OF = datetime(2026, 11, 1)
BOARDS = ("overall", "points", "plays")


@app.command("demo")
def demo_command(
    context: typer.Context,
    folder: Annotated[
        Path, typer.Option(metavar="FOLDER", help="Where the demo's export files go.")
    ] = Path("demo/exports"),
    producers: Annotated[int, typer.Option(min=1)] = 2_000,
    plays: Annotated[int, typer.Option(min=1)] = 1_000_000,
    seed: Annotated[int, typer.Option()] = 7,
) -> None:
    """Write demo exports if there are none, refresh, and show what comes out."""
    terminal: Terminal = context.obj
    out = terminal.out
    with errors_as_sentences(terminal):
        if not folder.exists():
            with out.status(f"Writing {plays:,} plays of {plural(producers, 'producer')}"):
                write_demo_exports(folder, seed, producers, plays)
            out.print(f"Wrote demo exports to {folder}.")
        settings = terminal.settings()
        started = time.monotonic()
        with bars_on(terminal.err) as bars:
            outcome = refresh(settings, AS_OF, watcher=Bars(bars))
        seconds = time.monotonic() - started
        snapshot = open_snapshot(settings.project.store)
        print_totals(out, snapshot, seconds, outcome.published)
        print_boards(out, snapshot)
        out.print("\n[bold]One producer's progress[/]")
        print_page(out, read_page(snapshot, climbing_producer(snapshot)))
        print_rejected(out, snapshot)
        print_next(out, snapshot, terminal.config)


def print_totals(
    out: Console, snapshot: PublishedSnapshot, seconds: float, published: bool
) -> None:
    """What there is in all, and how long it took."""
    inputs = snapshot.scan("inputs").collect()
    earned = snapshot.scan("progress").select(pl.col("earnings_cents").sum()).collect().item()
    accepted = dict(inputs.select("entity", "accepted").iter_rows())
    rows, files = int(inputs["rows_read"].sum()), int(inputs["files"].sum())
    verb = "Published" if published else "Nothing is new: already up to date with"
    out.print(f"\n{verb} snapshot [bold]{snapshot.row.snapshot_id}[/]")
    speed = f", {rows / seconds:,.0f} rows a second" if published else ""
    for name, value in (
        ("Producers", f"{snapshot.row.producers:,}"),
        ("Plays", f"{accepted['plays']:,}"),
        ("XP", f"{total_xp(snapshot):,}"),
        ("Earnings", money(earned)),
        ("Read", f"{rows:,} rows in {files:,} files"),
        ("Took", f"{seconds:.1f} s{speed}"),
    ):
        out.print(f"  {name:<10} {value}")


def print_boards(out: Console, snapshot: PublishedSnapshot) -> None:
    """The top of three boards."""
    for category in BOARDS:
        out.print(f"\n[bold]Top of the board {category!r}[/]")
        print_standings(out, category, top(snapshot, category, "all_time", 3))


def climbing_producer(snapshot: PublishedSnapshot) -> int:
    """Someone in the middle of the field, close to the next level."""
    middle = snapshot.scan("progress").filter(
        (pl.col("status") == "active")
        & (pl.col("next_level_xp").is_not_null())
        & (pl.col("collaborations") > 0)
    )
    ordered = middle.sort("level", "progress_percent", "producer_id").collect()
    if ordered.is_empty():
        return int(snapshot.scan("progress").select("producer_id").first().collect().item())
    return int(ordered["producer_id"][ordered.height * 3 // 4])


def print_rejected(out: Console, snapshot: PublishedSnapshot) -> None:
    """How much of the input was not used, and why."""
    out.print("\n[bold]What happened to the input[/]")
    table = Table(box=None, header_style="bold", pad_edge=False)
    columns = ("rows_read", "accepted", "duplicates", "rejected", "unmatched")
    table.add_column("")
    for name in columns:
        table.add_column(name.replace("_", " ").capitalize(), justify="right")
    for row in snapshot.scan("inputs").collect().iter_rows(named=True):
        table.add_row(row["entity"], *(f"{row[name]:,}" for name in columns))
    out.print(table)
    reasons = (
        snapshot.scan("rejects")
        .filter(pl.col("row").is_not_null())
        .group_by("entity", "reason")
        .len("rows")
        .sort("rows", "entity", "reason", descending=[True, False, False])
        .head(8)
        .collect()
    )
    out.print("Most frequent reasons:")
    for entity, reason, rows in reasons.iter_rows():
        out.print(Text.assemble(f"  {rows:>5,}  {entity} ", stranger(reason)))
    broken = snapshot.scan("files").filter(pl.col("reason").is_not_null())
    print_files(out, broken.select("entity", "file", "reason", "detail").collect())


def print_next(out: Console, snapshot: PublishedSnapshot, config: Path) -> None:
    """Where the tables are, and what can be run from here."""
    command = ".venv/bin/beatxp"
    if config != Path("dagster_project.toml"):
        command += f" --config {config}"
    out.print("\n[bold]Where the tables are[/]")
    out.print(f"  {snapshot.root}/tables, one folder each; `{command} current --json` lists files")
    out.print("\n[bold]What to run next[/]")
    producer = climbing_producer(snapshot)
    for line in (
        f"{command} show {producer}",
        f"{command} leaderboard plays --period month --around {producer}",
        f"{command} rejects --entity plays",
        f"{command} snapshots",
        "make dev        # the same steps in Dagster's UI",
    ):
        out.print(f"  {line}")

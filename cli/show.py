"""`beatxp show`: what one producer sees on the Progress page."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import polars as pl
import typer
from rich.console import Console
from rich.text import Text

from cli.app import Terminal, app
from cli.options import JsonOption, ProducerArgument, SnapshotOption
from cli.tables import print_rows
from cli.wording import bar, id_of_row, moment, money, plural, printable, rules_of, untrusted
from pipelines.boards.periods import period_name
from pipelines.publication.manifest import Snapshot, last_check
from pipelines.published.snapshot import (
    PublishedSnapshot,
    find_producer,
    has_nothing,
    last_days,
    ledger_of,
    locked_for,
    progress_of,
    unlocked_by,
)
from pipelines.published.standings import ranks_of
from pipelines.rulebook.wording import how_far
from pipelines.vocabulary import CATEGORIES, PERIODS, SOURCES

#: Sources of XP in as few letters as a table of all of them allows.
SHORT_SOURCES = {
    "upload": "Uploads",
    "play": "Plays",
    "metadata": "Details",
    "collaboration": "Collabs",
    "achievement": "Achieved",
    "adjustment": "Adjusted",
}
LATEST = 5
CLOSEST = 5


@dataclass(frozen=True)
class Page:
    """Everything that is shown of one producer, from one snapshot."""

    snapshot: PublishedSnapshot
    progress: dict[str, Any]
    next_level: str | None
    ranks: pl.DataFrame
    unlocked: pl.DataFrame
    locked: pl.DataFrame
    ledger: pl.DataFrame


def read_page(snapshot: PublishedSnapshot, producer_id: int) -> Page:
    """Gather a producer's page. Raises NotFoundError."""
    progress = progress_of(snapshot, producer_id)
    unlocked = unlocked_by(snapshot, producer_id)
    following = snapshot.scan("levels").filter(pl.col("level") == progress["level"] + 1).collect()
    return Page(
        snapshot=snapshot,
        progress=progress,
        next_level=None if following.is_empty() else following["title"][0],
        ranks=ranks_of(snapshot, producer_id),
        unlocked=unlocked,
        locked=locked_for(snapshot, progress, unlocked),
        ledger=ledger_of(snapshot, producer_id, last_days(snapshot)),
    )


@app.command("show", epilog="More: docs/analysis/README.md")
def show_command(
    context: typer.Context,
    producer: ProducerArgument,
    snapshot: SnapshotOption = None,
    json: JsonOption = False,
) -> None:
    """Show a producer's level, XP, ranks and achievements."""
    terminal: Terminal = context.obj
    opened = terminal.snapshot(snapshot)
    page = read_page(opened, find_producer(opened, producer))
    if json:
        terminal.json(
            {
                "progress": page.progress,
                "ranks": page.ranks,
                "unlocked": page.unlocked,
                "locked": page.locked,
                "last_days": last_days(opened),
                "xp_ledger": page.ledger,
            },
            opened.row,
        )
        return
    print_page(terminal.out, page)
    print_updated(terminal, opened)


def print_page(out: Console, page: Page) -> None:
    """Print the page in sections."""
    print_header(out, page)
    if has_nothing(page.progress):
        print_first_steps(out, page)
        return
    print_sources(out, page)
    print_ranks(out, page)
    print_achievements(out, page)
    print_ledger(out, page)


def print_header(out: Console, page: Page) -> None:
    """Who it is, and how far the next level is."""
    progress = page.progress
    suspended = ", suspended: not ranked" if progress["status"] != "active" else ""
    out.print(
        Text.assemble(
            (printable(progress["display_name"]), "bold"),
            (f"  producer {id_of_row(progress)}{suspended}", "dim"),
        )
    )
    out.print(
        Text.assemble(
            f"Level {progress['level']}, ",
            untrusted(progress["level_title"], "bold"),
            f": {progress['total_xp']:,} XP",
        )
    )
    line = Text.assemble(bar(progress["progress_percent"]), f" {progress['progress_percent']}%")
    if progress["xp_to_next"] is None:
        line.append("  the top level")
    else:
        line.append(f"  {progress['xp_to_next']:,} XP to level {progress['level'] + 1}, ")
        line.append(printable(page.next_level or ""))
    out.print(line)


def print_first_steps(out: Console, page: Page) -> None:
    """What a producer without any progress can do first."""
    out.print("\nNo progress yet. What to do first:")
    metrics = ("uploads", "complete_tracks", "collaborations")
    steps = page.locked.filter(pl.col("metric").is_in(metrics)).sort("needed", maintain_order=True)
    first = {row["metric"]: row for row in reversed(steps.to_dicts())}
    for metric in metrics:
        if step := first.get(metric):
            out.print(
                Text.assemble(
                    "- ",
                    untrusted(step["description"]),
                    (f"  {printable(step['name'])}, {step['xp']:+,} XP", "dim"),
                )
            )
    if not first:
        out.print("- Publish a track, fill in its details, and share it: plays follow.")


def print_sources(out: Console, page: Page) -> None:
    """XP by source beside what it was given for."""
    progress = page.progress
    counted = {
        "upload": plural(progress["uploads"], "upload"),
        "play": plural(progress["plays"], "play"),
        "metadata": plural(progress["complete_tracks"], "complete track"),
        "collaboration": f"{plural(progress['collaborations'], 'collaboration')} with "
        f"{plural(progress['partners'], 'partner')}",
        "achievement": f"{progress['achievements_unlocked']:,} unlocked, "
        f"{progress['achievements_locked']:,} locked",
        "adjustment": "by the support team" if progress["adjustment_xp"] else "",
    }
    xp = {source: progress[f"{source}_xp"] for source in counted}
    floor = "never below 0" if sum(xp.values()) < 0 else ""
    rows = [(SOURCES[source].capitalize(), xp[source], count) for source, count in counted.items()]
    total = ("Total", Text(f"{progress['total_xp']:,}", style="bold"), floor)
    print_rows(out, ("XP by source", "XP", ""), [*rows, total])
    out.print(
        Text(
            f"  Best track {plural(progress['best_track_plays'], 'play')}, best day "
            f"{plural(progress['best_day_plays'], 'play')}, longest upload streak "
            f"{plural(progress['best_upload_streak'], 'week')}.\n"
            f"  Earnings {money(progress['earnings_cents'])}."
        )
    )


def print_ranks(out: Console, page: Page) -> None:
    """The place on every board; a dash where there is none."""
    as_of = page.snapshot.row.as_of
    places = {
        (category, period): "-" if rank is None else f"{rank:,} of {ranked:,}"
        for category, period, rank, _, ranked in page.ranks.iter_rows()
    }
    columns = ("Rank", *(period_name(as_of, period).capitalize() for period in PERIODS))
    rows = (
        (title, *(places.get((category, period), "") for period in PERIODS))
        for category, title in CATEGORIES.items()
    )
    print_rows(out, columns, rows)


def print_achievements(out: Console, page: Page) -> None:
    """The latest unlocked achievements, and the next one of each kind by closeness."""
    latest = (
        (moment(row["unlocked_at"]), row["name"], row["rarity"], f"{row['xp']:+,}")
        for row in page.unlocked.head(LATEST).to_dicts()
    )
    print_rows(out, ("Latest achievements", "", "", "XP"), latest)
    growing = page.locked.filter(pl.col("needed").is_not_null())
    following = growing.sort("needed", maintain_order=True).unique("metric", keep="first")
    following = following.sort("percent", "achievement_id", descending=[True, False])
    closest = (
        (
            row["name"],
            Text.assemble(bar(row["percent"], 10), f" {row['percent']:>2}%"),
            how_far(row["metric"], row["done"], row["needed"]),
            f"{row['xp']:+,}",
        )
        for row in following.head(CLOSEST).to_dicts()
    )
    print_rows(out, ("Closest next", "", "", "XP"), closest)


def print_ledger(out: Console, page: Page) -> None:
    """XP of the last days, by source; a dash where nothing happened."""
    sources = page.ledger["source"].unique().to_list()
    shown = [source for source in SOURCES if source in sources]
    if not shown:
        out.print("\nNo activity in the last 7 days.")
        return
    xp = {(day, source): xp for day, source, _, xp in page.ledger.iter_rows()}
    columns = ("Last 7 days", *(SHORT_SOURCES[source] for source in shown), "XP")
    rows = (
        (
            f"{day:%a %m-%d}",
            *(xp.get((day, source)) for source in shown),
            sum(xp.get((day, source), 0) for source in shown),
        )
        for day in last_days(page.snapshot)
    )
    print_rows(out, columns, rows)


def print_updated(terminal: Terminal, snapshot: PublishedSnapshot) -> None:
    """When these numbers were published, and which data and rules are in them."""
    row = snapshot.row
    counted = (
        "Counts nothing: no event and no dump is dated before."
        if row.data_through is None
        else f"Counts data up to {moment(row.data_through)}."
    )
    if terminal.derived is not None:
        when = would_be(row)
        # They can be much older than that moment, and no later dump is looked at.
        stamps = terminal.derived.results["dumps"].stamps
        in_force = ", ".join(f"{entity} {dump_date(stamp)}" for entity, stamp in stamps.items())
        counted += f" Dumps in force: {in_force or 'none'}."
    else:
        checked = last_check(snapshot.root)
        is_same = checked is not None and checked.snapshot_id == row.snapshot_id
        last = f", last checked {moment(checked.checked_at)}" if checked and is_same else ""
        when = f"Last updated {moment(row.published_at)}{last} (UTC)."
    terminal.out.print(Text(f"\n{when}\n{counted} Rules: {rules_of(row)}.", style="dim"))


def dump_date(stamp: datetime) -> str:
    """A dump's date as it stands in paths; the hour only if there is one."""
    return f"{stamp:%Y-%m-%dT%H-%M}".removesuffix("T00-00")


def would_be(row: Snapshot) -> str:
    """What a snapshot of another moment is."""
    return f"What a refresh as of {moment(row.as_of)} (UTC) would publish; nothing is published."

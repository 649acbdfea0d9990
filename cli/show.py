"""`beatxp show`: what one producer sees on the Progress page."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

import msgspec
import polars as pl
import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from cli.app import JsonOption, Terminal, app, errors_as_sentences
from cli.tables import number_table, print_table
from cli.wording import (
    bar,
    id_of_row,
    moment,
    money,
    plain,
    plural,
    printable,
    untrusted,
)
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

SnapshotOption = Annotated[
    str | None,
    typer.Option(
        "--snapshot",
        metavar="SNAPSHOT",
        help="A kept one: an id or its beginning, `previous`, or a time when it was current.",
    ),
]

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
    producer: Annotated[
        str, typer.Argument(metavar="PRODUCER", help="A producer's id or exact display name.")
    ],
    snapshot: SnapshotOption = None,
    json: JsonOption = False,
) -> None:
    """Show a producer's level, XP, ranks and achievements."""
    terminal: Terminal = context.obj
    with errors_as_sentences(terminal):
        opened = terminal.snapshot(snapshot)
        page = read_page(opened, find_producer(opened, producer))
        if json:
            terminal.json(document(page))
            return
        print_page(terminal.out, page)
        print_updated(terminal, opened)


def document(page: Page) -> dict[str, Any]:
    """The page for scripts."""
    found: dict[str, Any] = plain(
        {
            "snapshot": msgspec.structs.asdict(page.snapshot.row),
            "progress": page.progress,
            "ranks": page.ranks,
            "unlocked": page.unlocked,
            "locked": page.locked,
            "last_days": last_days(page.snapshot),
            "xp_ledger": page.ledger,
        }
    )
    return found


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
    rows = number_table("XP by source", "XP", "")
    for source, count in counted.items():
        rows.add_row(SOURCES[source].capitalize(), f"{progress[f'{source}_xp']:,}", count)
    points = sum(progress[f"{source}_xp"] for source in counted)
    floor = "never below 0" if points < 0 else ""
    rows.add_row("Total", Text(f"{progress['total_xp']:,}", style="bold"), floor)
    print_table(out, rows)
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
    rows = number_table("Rank", *(period_name(as_of, period).capitalize() for period in PERIODS))
    places = {
        (category, period): "-" if rank is None else f"{rank:,} of {ranked:,}"
        for category, period, rank, _, ranked in page.ranks.iter_rows()
    }
    for category, title in CATEGORIES.items():
        rows.add_row(title, *(places.get((category, period), "") for period in PERIODS))
    print_table(out, rows)


def print_achievements(out: Console, page: Page) -> None:
    """The latest unlocked achievements, and the next one of each kind by closeness."""
    if page.unlocked.height:
        rows = Table("Latest achievements", "", "", "XP", box=None, header_style="bold")
        rows.columns[3].justify = "right"
        for row in page.unlocked.head(LATEST).to_dicts():
            when = moment(row["unlocked_at"])
            rows.add_row(when, untrusted(row["name"]), row["rarity"], f"{row['xp']:+,}")
        print_table(out, rows)
    growing = page.locked.filter(pl.col("needed").is_not_null())
    following = growing.sort("needed", maintain_order=True).unique("metric", keep="first")
    following = following.sort("percent", "achievement_id", descending=[True, False])
    if following.height:
        rows = Table("Closest next", "", "", "XP", box=None, header_style="bold")
        rows.columns[3].justify = "right"
        for row in following.head(CLOSEST).to_dicts():
            share = Text.assemble(bar(row["percent"], 10), f" {row['percent']:>2}%")
            way = how_far(row["metric"], row["done"], row["needed"])
            rows.add_row(untrusted(row["name"]), share, way, f"{row['xp']:+,}")
        print_table(out, rows)


def print_ledger(out: Console, page: Page) -> None:
    """XP of the last days, by source; a dash where nothing happened."""
    sources = page.ledger["source"].unique().to_list()
    shown = [source for source in SOURCES if source in sources]
    if not shown:
        out.print("\nNo activity in the last 7 days.")
        return
    rows = number_table("Last 7 days", *(SHORT_SOURCES[source] for source in shown), "XP")
    xp = {(day, source): xp for day, source, _, xp in page.ledger.iter_rows()}
    for day in last_days(page.snapshot):
        cells = [f"{xp[day, source]:,}" if (day, source) in xp else "-" for source in shown]
        total = sum(xp.get((day, source), 0) for source in shown)
        rows.add_row(f"{day:%a %m-%d}", *cells, f"{total:,}")
    print_table(out, rows)


def print_updated(terminal: Terminal, snapshot: PublishedSnapshot) -> None:
    """When these numbers were published, and which data and rules are in them."""
    row = snapshot.row
    rules = f"Rules: {printable(row.rulebook_name)} {printable(row.rulebook_version)}."
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
    terminal.out.print(Text(f"\n{when}\n{counted} {rules}", style="dim"))


def dump_date(stamp: datetime) -> str:
    """A dump's date as it stands in paths; the hour only if there is one."""
    return f"{stamp:%Y-%m-%dT%H-%M}".removesuffix("T00-00")


def would_be(row: Snapshot) -> str:
    """What a snapshot of another moment is."""
    return f"What a refresh as of {moment(row.as_of)} (UTC) would publish; nothing is published."

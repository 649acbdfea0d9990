"""`beatxp leaderboard`: ranks of producers."""

from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from cli.app import Terminal, app
from cli.options import JsonOption, SnapshotOption
from cli.show import print_updated
from cli.tables import fitted
from cli.wording import gap, id_of_row, plural, score, untrusted
from pipelines.boards.periods import period_name
from pipelines.published.snapshot import PublishedSnapshot, find_producer, progress_of
from pipelines.published.standings import (
    Place,
    Standings,
    UnknownBoardError,
    around,
    board,
    top,
)
from pipelines.vocabulary import CATEGORIES, score_unit


@app.command("leaderboard", epilog="More: docs/analysis/README.md")
def leaderboard_command(
    context: typer.Context,
    category: Annotated[
        str, typer.Argument(metavar="CATEGORY", help=f"One of {', '.join(CATEGORIES)}.")
    ],
    period: Annotated[
        str,
        typer.Option(metavar="PERIOD", help="all_time, month or week (of the snapshot's time)."),
    ] = "all_time",
    rows: Annotated[int, typer.Option("--top", min=1, help="How many rows.")] = 10,
    near: Annotated[
        str | None,
        typer.Option("--around", metavar="PRODUCER", help="The ten around an id or display name."),
    ] = None,
    snapshot: SnapshotOption = None,
    json: JsonOption = False,
) -> None:
    """Show a leaderboard, from the top or around a producer."""
    terminal: Terminal = context.obj
    opened = terminal.snapshot(snapshot)
    try:
        board(opened, category, period)
    except UnknownBoardError as error:
        raise typer.BadParameter(str(error)) from None
    place, progress = None, None
    if near is None:
        standings = top(opened, category, period, rows)
    else:
        progress = progress_of(opened, find_producer(opened, near))
        found = around(opened, category, period, progress["producer_id"])
        place, standings = found or (None, top(opened, category, period, 0))
    if json:
        document = {
            "category": category,
            "period": period,
            "ranked": standings.ranked,
            "rows": standings.rows,
            "more_at_first_rank": standings.more_above,
            "more_at_last_rank": standings.more_below,
        }
        # With --around also the place, null if the producer is not ranked.
        terminal.json(document if near is None else {**document, "place": place}, opened.row)
        return
    print_title(terminal.out, opened, category, period, standings)
    if progress is not None and place is None:
        print_not_ranked(terminal.out, progress)
    print_standings(terminal.out, category, standings, place)
    if place is not None:
        print_place(terminal.out, category, place)
    print_updated(terminal, opened)


def print_title(
    out: Console, snapshot: PublishedSnapshot, category: str, period: str, standings: Standings
) -> None:
    """Which board it is, and how many are on it."""
    name = period_name(snapshot.row.as_of, period)
    ranked = f"{plural(standings.ranked, 'producer')} ranked" if standings.ranked else ""
    out.print(Text.assemble((f"{CATEGORIES[category]}, {name}", "bold"), (f"  {ranked}", "dim")))


def print_standings(
    out: Console, category: str, standings: Standings, place: Place | None = None
) -> None:
    """The rows, and how many more share the first and the last rank that is shown."""
    if not standings.ranked:
        out.print("Nobody is ranked here yet: no active producer has a score above 0.")
        return
    if standings.rows.is_empty():
        return
    table = Table("", box=None, header_style="bold", pad_edge=False)
    table.add_column("Rank", justify="right")
    table.add_column("Producer")
    table.add_column("Id", justify="right")
    table.add_column("Score", justify="right")
    table.add_column("", style="dim")
    for row in standings.rows.iter_rows(named=True):
        mine = place is not None and row["producer_id"] == place.producer_id
        table.add_row(
            ">" if mine else "",
            f"{row['rank']:,}",
            untrusted(row["display_name"] or "", "bold" if mine else ""),
            id_of_row(row),
            score(category, row["score"]),
            score_unit(category, row["score"]),
        )
    ranks = standings.rows["rank"]
    if standings.more_above:
        out.print(f"   and {standings.more_above:,} more on rank {ranks[0]:,}", style="dim")
    out.print(fitted(out, table))
    if standings.more_below:
        out.print(f"   and {standings.more_below:,} more on rank {ranks[-1]:,}", style="dim")


def print_place(out: Console, category: str, place: Place) -> None:
    """How far the next producers are, before and behind."""
    parts = [f"Rank {place.rank:,}"]
    if place.tied_with:
        parts[0] += f", shared with {place.tied_with:,} more"
    if place.to_pass is None:
        parts.append("nobody is ahead")
    else:
        parts.append(f"{gap(category, place.to_pass)} more to pass rank {place.next_rank:,}")
    if place.ahead_by is None:
        parts.append("nobody is behind")
    else:
        parts.append(f"{gap(category, place.ahead_by)} ahead of the next one behind")
    out.print(f"\n{'; '.join(parts)}.")


def print_not_ranked(out: Console, progress: dict[str, Any]) -> None:
    """Why a producer has no rank."""
    name = untrusted(progress["display_name"], "bold")
    why = (
        " is suspended, and only active producers are ranked."
        if progress["status"] != "active"
        else " is not ranked here: no score above 0."
    )
    out.print(Text.assemble(name, f" ({id_of_row(progress)})", why))

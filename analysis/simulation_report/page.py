"""The report of a simulation as an HTML file."""

import polars as pl
from markupsafe import Markup

from analysis.comparison import count_changes
from analysis.document import page
from analysis.document.blocks import moment, percent, signed, whole
from analysis.document.page import Tile, code, rules
from analysis.simulation import Simulation
from analysis.simulation_report.figures import churn
from analysis.simulation_report.sections import all_sections
from pipelines.vocabulary import board_title


def render(simulated: Simulation) -> str:
    """The HTML text of the report. The same simulation gives the same text."""
    before, after = simulated.before, simulated.after
    return page.render(
        "Simulation",
        f"{before.rulebook_name} {before.rulebook_version} → "
        f"{after.rulebook_name} {after.rulebook_version}",
        {
            "Rules before": rules(before),
            "Rules after": rules(after),
            "As of": f"{moment(before.as_of)} UTC",
            "Data through": f"{moment(before.data_through)} UTC" if before.data_through else "-",
            "Producers": whole(simulated.producers.height),
            "Snapshot before": (
                code(before.snapshot_id) if simulated.is_published else "computed for this report"
            ),
            "Rulebook before": code(before.rulebook_sha256[:12]),
            "Rulebook after": code(after.rulebook_sha256[:12]),
        },
        _tiles(simulated),
        all_sections(simulated),
        Markup(
            "Before and after are computed from the same exports, as of the same time. What is "
            "after is not published. Days are UTC dates."
        ),
    )


def _tiles(simulated: Simulation) -> list[Tile]:
    counts = count_changes(simulated.producers)
    xp = simulated.producers.select(pl.col("xp_before", "xp_after", "xp_change").sum())
    before, after, change = xp.row(0)
    reached, lost = simulated.achievements.select(pl.col("reached", "lost").sum()).row(0)
    return [
        Tile("Producers who gain XP", whole(counts["gain"]), "producers"),
        Tile("Producers who lose XP", whole(counts["lose"]), "producers"),
        Tile("Rise to a higher level", whole(counts["rise"]), "levels"),
        Tile("Fall to a lower level", whole(counts["fall"]), "levels"),
        _most_moved(simulated.boards),
        Tile("Total XP before", whole(before), "sources"),
        Tile("Total XP after", whole(after), "sources"),
        Tile("Change of total XP", signed(change), "sources"),
        Tile("Achievements reached", whole(reached), "achievements"),
        Tile("Achievements lost", whole(lost), "achievements"),
    ]


def _most_moved(boards: pl.DataFrame) -> Tile:
    """The board with the greatest share of movers, the first of several."""
    moved = churn(boards).filter(pl.col("movers") > 0)
    if moved.is_empty():
        return Tile("Most moved board", "none", "boards")
    most = moved.sort("share", descending=True, maintain_order=True).row(0, named=True)
    board = board_title(most["category"], most["period"])
    return Tile(f"Most moved board: {board}", percent(most["share"]), "boards")

"""The balance report as an HTML file."""

from typing import Any

from markupsafe import Markup

from analysis.balance.report import Balance, headlines
from analysis.balance.sections import all_sections
from analysis.document import page
from analysis.document.blocks import moment, percent
from analysis.document.page import Tile, code, rules

_UNTOLD = "not known"


def render(figures: Balance) -> str:
    """The HTML text of the report. The same figures give the same text."""
    row = figures.snapshot.row
    return page.render(
        "Balance report",
        f"{row.rulebook_name} {row.rulebook_version}",
        {
            "Rules": rules(row),
            "As of": f"{moment(row.as_of)} UTC",
            "Data through": f"{moment(row.data_through)} UTC" if row.data_through else "-",
            "Published": f"{moment(row.published_at)} UTC",
            "Snapshot": code(row.snapshot_id),
            "Rulebook": code(row.rulebook_sha256[:12]),
        },
        _tiles(headlines(figures)),
        all_sections(figures),
        Markup("Every figure is computed from snapshot {}, content {}. Days are UTC dates.").format(
            code(row.snapshot_id), code(row.content_sha256)
        ),
    )


def _tiles(figures: dict[str, Any]) -> list[Tile]:

    def whole(name: str) -> str:
        return _UNTOLD if figures[name] is None else f"{figures[name]:,}"

    gini, top = figures["xp_gini"], figures["top_1_percent_xp_share"]
    unusual = [figures[f"unusual_{kind}"] for kind in ("listeners", "tracks", "producers", "days")]
    known = [count for count in unusual if count is not None]
    return [
        Tile("Total XP", whole("total_xp"), "xp"),
        Tile("Producers", whole("producers"), "levels"),
        Tile("Gini of XP", _UNTOLD if gini is None else f"{gini:.3f}", "concentration"),
        Tile("XP of the top 1%", _UNTOLD if top is None else percent(top), "concentration"),
        Tile("Achievements never unlocked", whole("achievements_never_unlocked"), "achievements"),
        Tile("XP lost to caps", whole("xp_lost_to_caps"), "caps"),
        Tile("XP gained from boosts", whole("xp_gained_from_boosts"), "caps"),
        Tile("XP withheld by the gate", whole("xp_withheld_by_gate"), "gate"),
        Tile("Things that stand out", f"{sum(known):,}" if known else _UNTOLD, "unusual"),
        Tile("Rejected rows", whole("rejected_rows"), "inputs"),
    ]

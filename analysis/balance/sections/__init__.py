"""The report's sections: what each says of the figures, as texts, charts and tables."""

from analysis.balance.report import Balance
from analysis.balance.sections.boards import boards
from analysis.balance.sections.inputs import deliveries
from analysis.balance.sections.progress import levels, unlocks
from analysis.balance.sections.rules import caps_and_boosts, collaboration_gate
from analysis.balance.sections.unusual import unusual_plays
from analysis.balance.sections.xp import concentration, xp_by_source
from analysis.document.blocks import ReportSection

_SECTIONS = (
    xp_by_source,
    levels,
    concentration,
    unlocks,
    caps_and_boosts,
    collaboration_gate,
    unusual_plays,
    boards,
    deliveries,
)


def all_sections(figures: Balance) -> list[ReportSection]:
    """Every section, in the order of the report."""
    return [section(figures) for section in _SECTIONS]

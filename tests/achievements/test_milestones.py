"""Who has enough plays for any threshold."""

from pipelines.achievements.milestones import reaching
from tests.runs import frame

TOTALS = frame("play_totals", *({"producer_id": n, "plays": 10 * n} for n in (1, 2, 3)))


def test_those_who_have_the_least_of_the_thresholds_itself_are_followed() -> None:
    assert reaching(TOTALS, [50, 20]).to_list() == [2, 3]  # 20 and 30 of 20


def test_without_a_threshold_nobody_is_followed() -> None:
    assert reaching(TOTALS, []).to_list() == []

"""How numbers are written in reports."""

import pytest

from analysis.document.blocks import percent, whole


@pytest.mark.parametrize(
    ("share", "said"),
    [
        (0, "0.0%"),
        (0.25, "25.0%"),
        (-0.25, "-25.0%"),
        # What is not nothing is not written as nothing.
        (0.0004, "<0.1%"),
        (-0.0004, ">-0.1%"),
    ],
)
def test_a_share_is_written_in_percent(share: float, said: str) -> None:
    assert percent(share) == said


def test_a_large_whole_number_has_all_its_digits() -> None:
    """As floating point, what is above 2^53 was rounded."""
    assert whole(2**53 + 1) == "9,007,199,254,740,993"
    assert whole(2.5e3) == "2,500"

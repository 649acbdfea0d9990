"""How numbers are written in reports."""

import pytest

from analysis.document.blocks import percent


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

"""The colours of the charts on white; the page gives each of them a lighter one in the dark."""

from typing import Final

TEXT: Final = "#1b1527"
SOFT: Final = "#5a5270"
LINE: Final = "#ddd6ec"
BAD: Final = "#b3261e"
#: Series, in the order of their names. Neighbours differ in lightness too.
SERIES: Final = (
    "#6d28d9",
    "#0e7490",
    "#d97706",
    "#15803d",
    "#db2777",
    "#64748b",
    "#1d4ed8",
)
#: Where there is one series only.
ONE: Final = SERIES[0]

#: The name of each colour in the page's style sheet.
VARIABLES: Final = {
    TEXT: "--text",
    SOFT: "--soft",
    LINE: "--line",
    BAD: "--bad",
    **{colour: f"--series-{number}" for number, colour in enumerate(SERIES, 1)},
}

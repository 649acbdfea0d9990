"""The colours of pages and reports, in the light and in the dark: the one place that has them.

Style sheets use them by name, as `var(--text)`. Charts are drawn in the light ones, and in an SVG
each of these becomes its name, so that it follows the page.
"""

from typing import Final

#: By name: on a light page, and on a dark one.
COLOURS: Final = {
    "page": ("#f5f3fa", "#0d0a14"),
    "card": ("#ffffff", "#171223"),
    "raised": ("#efebf8", "#221a33"),
    "line": ("#ddd6ec", "#32284a"),
    "text": ("#1b1527", "#f4f1fb"),
    "soft": ("#5a5270", "#b3a9c9"),
    "accent": ("#6d28d9", "#b794ff"),
    "bad": ("#b3261e", "#ff9a92"),
}
#: Series of charts, in the order of their names. Neighbours differ in lightness too.
_SERIES: Final = {
    "series-1": ("#6d28d9", "#a78bfa"),
    "series-2": ("#0e7490", "#22b8cf"),
    "series-3": ("#d97706", "#fbbf24"),
    "series-4": ("#15803d", "#4ade80"),
    "series-5": ("#db2777", "#f472b6"),
    "series-6": ("#64748b", "#94a3b8"),
    "series-7": ("#1d4ed8", "#60a5fa"),
}
TEXT, SOFT, LINE, BAD = (COLOURS[name][0] for name in ("text", "soft", "line", "bad"))
SERIES: Final = tuple(light for light, _ in _SERIES.values())
#: Where there is one series only.
ONE: Final = SERIES[0]
#: The name of each colour of a chart in the page's style sheet.
VARIABLES: Final = {
    **{COLOURS[name][0]: f"--{name}" for name in ("text", "soft", "line", "bad")},
    **{light: f"--{name}" for name, (light, _) in _SERIES.items()},
}


def style(with_series: bool = False) -> str:
    """The colours as a style sheet: those of pages, and those of charts' series if need be."""
    colours = COLOURS | _SERIES if with_series else COLOURS
    light, dark = (
        " ".join(f"--{name}: {both[side]};" for name, both in colours.items()) for side in (0, 1)
    )
    return (
        f":root {{ color-scheme: light dark; {light} }}\n"
        f"@media screen and (prefers-color-scheme: dark) {{ :root {{ {dark} }} }}\n"
    )

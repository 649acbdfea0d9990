"""Draws the figures as bars: how much of its target each one uses."""

from collections.abc import Sequence
from html import escape
from typing import Any

ROW = 30
TOP = 46
LABEL = 150
BAR = 330
NUMBERS = 230
#: A bar ends here at the latest, a little beyond the target's line: the number says the rest.
MOST = 1.2

STYLE = """
text { font: 13px system-ui, sans-serif; fill: #24292f }
.quiet { fill: #57606a }
.met { fill: #2a7fbf }
.missed { fill: #d9730d }
.target { stroke: #57606a; stroke-dasharray: 4 3 }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3 }
  .quiet { fill: #9ea7b3 }
  .met { fill: #58a6ff }
  .missed { fill: #f0883e }
  .target { stroke: #9ea7b3 }
}
"""


def draw(figures: Sequence[dict[str, Any]]) -> str:
    """An SVG picture of results, as they are kept: the shorter a bar, the better."""
    height = TOP + ROW * len(figures) + 12
    width = LABEL + round(BAR * MOST) + NUMBERS
    limit = LABEL + BAR
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        f'width="{width}" height="{height}" role="img" aria-label="{escape(_summary(figures))}">',
        f"<style>{STYLE}</style>",
        f'<text class="quiet" x="{limit}" y="18" text-anchor="middle">target</text>',
        f'<line class="target" x1="{limit}" x2="{limit}" y1="26" y2="{height - 8}"/>',
    ]
    for number, figure in enumerate(figures):
        lines += _row(figure, TOP + ROW * number)
    return "\n".join([*lines, "</svg>", ""])


def verdict(figure: dict[str, Any]) -> str:
    """How it turned out, in words."""
    if "failed" in figure:
        return "not measured"
    return "met" if figure["met"] else "missed"


def amount(value: float, unit: str) -> str:
    """A value with its unit: "0.74x", "0.90 s", "2.10 GiB"."""
    sign = {"times": "x", "seconds": " s", "GiB": " GiB"}[unit]
    digits = f"{value:.3f}" if value < 0.1 else f"{value:.2f}"
    return f"{digits}{sign}"


def _row(figure: dict[str, Any], top: int) -> list[str]:
    middle = top + 14
    name = escape(figure["name"].replace("_", " "))
    result = verdict(figure)
    lines = [f'<text x="{LABEL - 12}" y="{middle}" text-anchor="end">{name}</text>']
    end = LABEL + round(BAR * MOST) + 14
    says = result
    if "failed" not in figure:
        share = figure["value"] / figure["at_most"]
        length = max(2, round(BAR * min(share, MOST)))
        value = amount(figure["value"], figure["unit"])
        says = f"{value} of at most {figure['at_most']:g}: {result}"
        bar = f'x="{LABEL}" y="{top}" width="{length}" height="19" rx="2"'
        lines.append(f'<rect class="{result}" {bar}/>')
    lines.append(f'<text class="quiet" x="{end}" y="{middle}">{escape(says)}</text>')
    return lines


def _summary(figures: Sequence[dict[str, Any]]) -> str:
    met = sum(verdict(figure) == "met" for figure in figures)
    return f"{met} of {len(figures)} figures meet their targets"

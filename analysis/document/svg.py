"""A chart as SVG that stands within an HTML page: no script, no font file, no request."""

import re
from html import escape
from typing import Any

import vl_convert

from analysis.document.palette import VARIABLES

_TAG = re.compile(r"<[^>]*>")
_ROOT = re.compile(r"<svg [^>]*?(viewBox=\"[^\"]*\")[^>]*>")


def svg(chart: Any, name: str, label: str) -> str:
    """An Altair chart as an <svg> element whose colours follow the page's.

    `name` is unlike that of any other chart of the page; `label` is what a screen reader says.
    """
    # Data are part of the chart: it may fetch nothing.
    drawn = vl_convert.vegalite_to_svg(chart.to_dict(), allowed_base_urls=[])
    drawn = _TAG.sub(lambda tag: _fitting(tag[0], name), drawn)
    root = f'<svg class="chart" role="img" aria-label="{escape(label)}"'
    return _ROOT.sub(lambda found: f"{root} {found[1]}>", drawn, count=1)


def _fitting(tag: str, name: str) -> str:
    """A tag as the page needs it; texts between tags, which may be untrusted, stay."""
    for colour, variable in VARIABLES.items():
        tag = re.sub(rf'(fill|stroke)="{colour}"', rf'\1="var({variable})"', tag)
    # The picture has one description, and its numbers stand in the table below it.
    tag = re.sub(r' (role|aria-[a-z]+)="[^"]*"', "", tag)
    # Names within a drawing hold for the whole page.
    return re.sub(r'(id="|url\(#|href="#)', rf"\g<1>{name}-", tag)

"""The balance report: where XP comes from, who has it, and what looks wrong.

`ledger`, `levels`, `concentration`, `achievements`, `gate`, `unusual`, `listening`, `boards` and
`inputs` compute, frames in and frames out; `report` gathers their figures for a snapshot;
`charts` draws them; `sections` say what there is to see, and `page` writes the file with what
`analysis.document` has for all reports. A notebook can use each alone.
"""

from pathlib import Path
from typing import Any

from analysis.balance.page import render
from analysis.balance.report import Balance, balance, headlines
from pipelines.snapshot import PublishedSnapshot
from pipelines.store.parts import write_bytes
from pipelines.store.store import Store

__all__ = ["Balance", "balance", "headlines", "render", "write_report"]


def write_report(snapshot: PublishedSnapshot, store: Store, path: Path) -> dict[str, Any]:
    """Write the report of a kept snapshot as an HTML file; returns its headline figures."""
    figures = balance(snapshot, store)
    write_bytes(render(figures).encode(), path)
    return headlines(figures)

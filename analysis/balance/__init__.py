"""The balance report: where XP comes from, who has it, and what looks wrong.

`ledger`, `levels`, `concentration`, `achievements`, `gate`, `unusual`, `listening`, `boards` and
`inputs` compute, frames in and frames out; `delivered` reads the plays that a snapshot was made
from; `report` gathers the figures of a snapshot; `charts` draws them; `sections` say what there is
to see, and `page` writes the file with what `analysis.document` has for all reports. A notebook can
use each alone.
"""

from pathlib import Path
from typing import Any

from analysis.balance.page import render
from analysis.balance.report import Balance, balance, headlines
from pipelines.published.snapshot import PublishedSnapshot
from pipelines.refresh import Watcher
from pipelines.settings import Settings
from pipelines.store.atomic import write_bytes

__all__ = ["Balance", "balance", "headlines", "render", "write_report"]


def write_report(
    settings: Settings, snapshot: PublishedSnapshot, path: Path, watcher: Watcher | None = None
) -> dict[str, Any]:
    """Write the report of a kept snapshot as an HTML file; returns its headline figures."""
    figures = balance(settings, snapshot, watcher)
    write_bytes(render(figures).encode(), path)
    return headlines(figures)

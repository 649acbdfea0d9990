"""`beatxp snapshots`: which snapshots can be read."""

from dataclasses import dataclass
from typing import Any

import msgspec
import typer
from rich.console import Console
from rich.text import Text

from cli.app import Terminal, app
from cli.options import JsonOption
from cli.tables import print_hanging
from cli.wording import moment, plural, rules_of, untrusted
from pipelines.publication.hold import held
from pipelines.publication.manifest import Manifest, all_kept, last_check
from pipelines.published.snapshot import PublishedSnapshot, XpTotals, xp_totals


@dataclass(frozen=True)
class Kept:
    """A kept snapshot: its files, and how many of them the one before has too."""

    manifest: Manifest
    is_current: bool
    xp: XpTotals
    files: int
    shared: int


@app.command("snapshots", epilog="More: docs/analysis/README.md#which-snapshot")
def snapshots_command(context: typer.Context, json: JsonOption = False) -> None:
    """List the snapshots that are kept, the oldest first."""
    terminal: Terminal = context.obj
    root = terminal.settings().project.store
    published = terminal.snapshot(None).row.snapshot_id
    totals: dict[str, XpTotals] = {}
    listed: list[Kept] = []
    before: set[str] = set()
    for manifest in all_kept(root):
        files = {part.file for parts in manifest.tables.values() for part in parts}
        # Snapshots that share the files of `progress` share its sums.
        key = " ".join(part.file for part in manifest.tables["progress"])
        if key not in totals:
            totals[key] = xp_totals(PublishedSnapshot(root, manifest))
        is_current = manifest.snapshot.snapshot_id == published
        listed.append(Kept(manifest, is_current, totals[key], len(files), len(files & before)))
        before = files
    checked, hold = last_check(root), held(root)
    if json:
        check = checked and {
            "snapshot_id": checked.snapshot_id,
            "checked_at": checked.checked_at,
            "as_of": checked.as_of,
        }
        terminal.json(
            {
                "snapshots": [document(kept) for kept in listed],
                "last_check": check,
                "held": hold,
            }
        )
        return
    for number, kept in enumerate(listed):
        print_kept(terminal.out, kept, is_first=number == 0)
    if checked is not None:
        terminal.out.print(
            f"\nLast checked {moment(checked.checked_at)}, as of {moment(checked.as_of)} (UTC)."
        )
    if hold is not None:
        print_hanging(terminal.out, untrusted(f"\n{hold}"), indent=0)


def document(kept: Kept) -> dict[str, Any]:
    """A kept snapshot for scripts."""
    return {
        **msgspec.structs.asdict(kept.manifest.snapshot),
        "current": kept.is_current,
        "changed_at": kept.manifest.changed_at,
        "total_xp": kept.xp.total,
        "ledger_xp": kept.xp.ledger,
        "files": kept.files,
        "files_shared": kept.shared,
    }


def print_kept(out: Console, kept: Kept, is_first: bool) -> None:
    """One snapshot in four lines, or five if it was changed."""
    row = kept.manifest.snapshot
    below = (
        ""
        if kept.xp.total == kept.xp.ledger
        else f" ({kept.xp.ledger:,} in the ledger; a producer's total is never below 0)"
    )
    shared = "" if is_first else f", {kept.shared:,} shared with the one before"
    out.print(
        Text.assemble((row.snapshot_id, "bold"), ("  current", "green") if kept.is_current else "")
    )
    for line in (
        f"published {moment(row.published_at)}, as of {moment(row.as_of)} (UTC)",
        *_changed(kept.manifest),
        f"data through {moment(row.data_through)}, rules {rules_of(row)}",
        f"{plural(row.producers, 'producer')}, {kept.xp.total:,} XP{below}, content "
        f"{row.content_sha256[:12]}, {plural(kept.files, 'file')}{shared}",
    ):
        print_hanging(out, Text(f"  {line}"), indent=4)


def _changed(manifest: Manifest) -> list[str]:
    if manifest.changed_at is None:
        return []
    return [f"changed {moment(manifest.changed_at)} (UTC), since somebody's data was erased"]

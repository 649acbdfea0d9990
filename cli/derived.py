"""A snapshot with everything that it rests on: the one of `beatxp at`, or a kept one again."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from cli.app import Terminal
from pipelines.published.snapshot import PublishedSnapshot

if TYPE_CHECKING:
    from analysis.scenario import Derived


@contextmanager
def derived_again(
    terminal: Terminal, opened: PublishedSnapshot
) -> Iterator[tuple["Derived", bool | None]]:
    """Derive a snapshot, and say whether it is as it was published; None if it never was.

    What is derived can be read in the context. Raises ExportFilesGone.
    """
    if terminal.derived is not None:
        yield terminal.derived, None
        return
    from analysis.scenario import open_sandbox

    with open_sandbox(terminal.settings()) as sandbox:
        derived = sandbox.derive(sandbox.scenario_of(opened))
        yield derived, derived.snapshot.row.content_sha256 == opened.row.content_sha256


def tell_other_version(terminal: Terminal, is_same: bool | None) -> None:
    """Say so if what was derived is not what was published."""
    if is_same is False:
        terminal.out.print(
            "\nAnother version of the program published this snapshot. These are the numbers "
            "of this version, which may be others: refresh, and ask again.",
            style="bold",
        )

"""Why a whole export file is rejected."""

from collections import Counter
from collections.abc import Iterable
from typing import Literal

FileReason = Literal["file:unreadable", "file:columns", "file:header", "file:encoding"]


class FileRejected(Exception):
    """An export file is bad as a whole (specification, section 1: a bad file).

    `detail` is a sentence for people: what is wrong where.
    """

    def __init__(self, reason: FileReason, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail


def require_columns(found: list[str], required: Iterable[str], present: Iterable[str] = ()) -> None:
    """Check a header: raises FileRejected if a name is repeated or a required one is missing.

    `present`: what is there in spite of not being in the header itself.
    """
    # What is no header at all can have a million names.
    repeated = sorted(name for name, times in Counter(found).items() if times > 1)
    if repeated:
        raise FileRejected("file:header", f"The header repeats {_listed(repeated)}.")
    there = {*found, *present}
    missing = [name for name in required if name not in there]
    if missing:
        raise FileRejected(
            "file:columns",
            f"The header has no {_listed(missing)}. Names are matched exactly, case sensitive; "
            f"the file has {_listed(found)}.",
        )


def _listed(names: list[str], most: int = 20) -> str:
    shown = ", ".join(repr(name[:60]) for name in names[:most])
    return shown if len(names) <= most else f"{shown} and {len(names) - most} more"

"""What the last refresh failed on, if it would fail on it again.

Who starts refreshes without being asked looks here first, so that one mistake is one failure,
whether a command, a page or Dagster met it.
"""

from datetime import datetime
from pathlib import Path

import msgspec

from pipelines.store.atomic import remove
from pipelines.store.documents import read_document, write_document

#: Beside the pointer.
FAILED = "failed.json"


class LastFailure(msgspec.Struct, frozen=True):
    """A refresh failed on `inputs`, and would again at every as_of in [`as_of`, `until`].

    `until` is None if time alone changes nothing; `code` and `message` say why.
    """

    inputs: str
    as_of: datetime
    until: datetime | None
    code: str
    message: str

    def repeats(self, inputs: str, as_of: datetime) -> bool:
        """Whether a refresh of these inputs would fail in the same way."""
        is_time = self.as_of <= as_of and (self.until is None or as_of <= self.until)
        return self.inputs == inputs and is_time


def record_failure(root: Path, failure: LastFailure) -> None:
    """Remember a failure. Raises OSError."""
    write_document(failure, root / FAILED)


def forget_failure(root: Path) -> None:
    """Forget it, once a refresh has published or found nothing new."""
    remove(root / FAILED)


def last_failure(root: Path) -> LastFailure | None:
    """What the last refresh failed on; None if it did not, or would not again."""
    return read_document(root / FAILED, LastFailure)

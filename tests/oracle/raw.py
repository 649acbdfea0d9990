"""What is read from the bytes of a file: rows of raw cells, or that it is rejected whole."""

from dataclasses import dataclass
from typing import TypeAlias

RawRow: TypeAlias = dict[str, object] | None
"""Known and unknown columns by name; None is a malformed line."""


@dataclass(frozen=True)
class Dialect:
    """How an entity's CSV and TSV files are written."""

    header: tuple[str, ...] | None = None
    """The names of the columns where files do not say them."""
    delimiter: str = ","
    """Of CSV files."""
    quote: str = '"'
    """"" = no cell is quoted."""
    escape: str = ""
    """"" = nothing is escaped but quotes by doubling them."""


PLAIN = Dialect()
"""As RFC 4180 has it."""


class BadFileError(Exception):
    """A file that is rejected whole; `reason` is `file:...`."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def check_columns(header: list[str], required: list[str]) -> None:
    """BadFileError if a header repeats a name, or lacks a required column."""
    if len(set(header)) < len(header):
        raise BadFileError("file:header")
    if not set(required) <= set(header):
        raise BadFileError("file:columns")

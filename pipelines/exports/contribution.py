"""What one export file contributes: counts, reasons and days, as kept beside its rows."""

from typing import Self

import msgspec


class Contribution(msgspec.Struct, frozen=True, kw_only=True):
    """The account of one export file (specification, section 1).

    rows_read = accepted + rejected. A file that is rejected whole has a `file_reason`, a
    `file_detail` that says to people what is wrong where, and nothing else.
    """

    sha256: str
    rows_read: int = 0
    accepted: int = 0
    rejected: int = 0
    reasons: dict[str, int] = {}
    """Reason -> rejected rows."""
    bad_cells: dict[str, int] = {}
    """Column -> cells of accepted rows that became null because they were bad."""
    unknown_columns: list[str] = []
    """By code point; at most the first UNKNOWN_COLUMNS_KEPT of them."""
    file_reason: str | None = None
    file_detail: str | None = None
    days: dict[str, list[int]] = {}
    """Events only: ISO date -> [accepted rows, first time, last time], times in microseconds
    since the epoch."""

    def to_json(self) -> bytes:
        """This contribution as a JSON object; equal contributions give equal bytes."""
        return msgspec.json.encode(self, order="deterministic")

    @classmethod
    def from_json(cls, text: bytes) -> Self:
        """The contribution that `to_json` wrote. Raises msgspec.DecodeError for other bytes."""
        return msgspec.json.decode(text, type=cls)

"""What one export file contributes: counts, reasons and days, as kept beside its rows."""

from typing import Final

import msgspec

from pipelines.store.checksums import parquet_name

UNKNOWN_COLUMNS_KEPT: Final = 100


class Contribution(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """The account of one export file (specification, section 1).

    rows_read = accepted + repeated + rejected. A file that is rejected whole has a `file_reason`, a
    `file_detail` that says to people what is wrong where, and what is known of its columns.
    """

    sha256: str
    rows_read: int = 0
    accepted: int = 0
    """Rows that are kept."""
    repeated: int = 0
    """Good rows that are not kept, since a later good row of this file has their identity."""
    rejected: int = 0
    is_distinct: bool = True
    """Whether it is certain that no identity stands twice among the accepted rows. A file that is
    read in one chunk is distinct; a larger one, if its chunks can be told apart by their ids."""
    reasons: dict[str, int] = {}
    """Reason -> rejected rows."""
    bad_cells: dict[str, int] = {}
    """Column -> cells of accepted and repeated rows that became null because they were bad."""
    written: dict[str, int] = {}
    """Column -> cells in which something is written."""
    rows_checksum: str = ""
    """Of the file with the accepted rows; empty before it is kept."""
    rejects_checksum: str = ""
    """Of the file with the rejected rows; empty if there is none."""
    examples: dict[str, str] = {}
    """Reason, or column with a bad cell -> one such cell, as it is written."""
    unknown_columns: list[str] = []
    """By code point; at most the first UNKNOWN_COLUMNS_KEPT of them."""
    unseen: list[str] = []
    """Columns to which the settings give another name, and which the file does not have."""
    erased: int = 0
    """Rows that were left out of all these, or whose listener became unknown, since somebody was
    erased."""
    file_reason: str | None = None
    file_detail: str | None = None
    days: dict[str, list[int]] = {}
    """Events only: ISO date -> [accepted rows, first time, last time], times in microseconds
    since the epoch; for plays -> [accepted rows, first time, last time, least, greatest play_id].
    """
    keys: list[int] = []
    """The least and the greatest id (first column of the identity) of the accepted rows; empty if
    there are none, and for plays, whose ids are told day by day. Files whose ranges do not
    overlap share no identity."""

    @property
    def rows_file(self) -> str:
        """The name of the file with the accepted rows; empty if there is none."""
        return parquet_name("rows", self.rows_checksum) if self.rows_checksum else ""

    @property
    def rejects_file(self) -> str:
        """The name of the file with the rejected rows; empty if there is none."""
        return parquet_name("rejects", self.rejects_checksum) if self.rejects_checksum else ""

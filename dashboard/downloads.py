"""Tables as CSV files that are safe to open in a spreadsheet."""

import csv
import io
from collections.abc import Iterable, Sequence

from pipelines.published.result_files import no_formula


def csv_text(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A CSV file (RFC 4180, UTF-8 with a BOM, which spreadsheets look for).

    Numbers are as they are; no text is taken for a formula.
    """
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(columns)
    writer.writerows(
        [no_formula(value) if isinstance(value, str) else value for value in row] for row in rows
    )
    return "\ufeff" + out.getvalue()

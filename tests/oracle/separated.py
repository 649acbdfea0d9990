"""CSV and TSV: the records of RFC 4180 as rows of raw cells (specification, section 1)."""

from collections.abc import Iterator

from .cells import is_blank
from .raw import BadFileError, RawRow, check_columns

# A line that holds nothing else is nothing. In TSV, a tab separates two cells.
_EMPTY = {",": " \t\v\f", "\t": " \v\f"}
_NULLS = ("", "\\N")


def separated_rows(text: str, delimiter: str, required: list[str]) -> list[RawRow]:
    """The rows below the header; BadFileError if there is none, or not the right one."""
    records = list(_records(text, delimiter))
    if not records:
        raise BadFileError("file:header")
    header, *rest = records
    # Columns without a name are of no use, so two of them are no repetition.
    check_columns([name for name in header if not is_blank(name)], required)
    rows: list[RawRow] = []
    for cells in rest:
        if len(cells) == len(header):
            pairs = zip(header, cells, strict=True)
            rows.append({name: None if cell in _NULLS else cell for name, cell in pairs})
        else:
            rows.append(None)
    return rows


def _records(text: str, delimiter: str) -> Iterator[list[str]]:
    """Records, ended by LF or CRLF; empty lines are nothing."""
    position = 0
    while position < len(text):
        end = text.find("\n", position)
        end = len(text) if end < 0 else end
        line = text[position:end].removesuffix("\r")
        if '"' in line:
            cells, position = _quoted_record(text, position, delimiter)
            yield cells
        else:
            position = end + 1
            if line.strip(_EMPTY[delimiter]):
                yield line.split(delimiter)


def _quoted_record(text: str, position: int, delimiter: str) -> tuple[list[str], int]:
    """The cells of the record that starts at a position, and where the next one starts."""
    cells: list[str] = []
    while True:
        cell = ""
        if text.startswith('"', position):
            position += 1
            while True:
                close = text.find('"', position)
                if close < 0:
                    raise BadFileError("file:unreadable")
                cell += text[position:close]
                position = close + 1
                if not text.startswith('"', position):
                    break
                cell += '"'
                position += 1
        ends = [at for at in (text.find(c, position) for c in (delimiter, "\n")) if at >= 0]
        end = min(ends, default=len(text))
        rest = text[position:end]
        last = not text.startswith(delimiter, end)
        cells.append(cell + (rest.removesuffix("\r") if last else rest))
        position = end + 1
        if last:
            return cells, position

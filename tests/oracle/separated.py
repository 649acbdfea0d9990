"""CSV and TSV: records as rows of raw cells (specification, section 1)."""

import re
from collections.abc import Iterator

from .cells import is_blank
from .raw import BadFileError, Dialect, RawRow, check_columns

_NULL = "\\N"
_LINE_END = re.compile("\r\n|\n|\r")
#: Who escapes line ends escapes LF, and leaves a CR as it is.
_ESCAPED_LINE_END = re.compile("\r\n|\n")
_ESCAPED = {
    "n": "\n",
    "t": "\t",
    "r": "\r",
    "b": "\b",
    "f": "\f",
    "v": "\v",
    "0": "\0",
    "Z": "\x1a",
}


def separated_rows(text: str, dialect: Dialect, required: list[str]) -> list[RawRow]:
    """The rows below the header; BadFileError if there is none, or not the right one."""
    records = _records(text, dialect)
    header = dialect.header
    if header is None:
        first = next(records, None)
        if first is None:
            raise BadFileError("file:header")
        header = tuple(name or "" for name in first)
    # Columns without a name are of no use, so two of them are no repetition.
    check_columns([name for name in header if not is_blank(name)], required)
    return [
        dict(zip(header, cells, strict=True)) if len(cells) == len(header) else None
        for cells in records
    ]


def _records(text: str, dialect: Dialect) -> Iterator[list[str | None]]:
    """Records, ended by LF, CRLF or, where nothing is escaped, CR; empty lines are nothing."""
    line_end = _line_end(dialect)
    marks = [mark for mark in (dialect.quote, dialect.escape) if mark]
    # A line that holds nothing else is nothing. In TSV, a tab separates two cells.
    blanks = " \t\v\f".replace(dialect.delimiter, "")
    position = 0
    while position < len(text):
        found = line_end.search(text, position)
        end, following = found.span() if found else (len(text), len(text))
        line = text[position:end]
        if any(mark in line for mark in marks):
            cells, position = _marked_record(text, position, dialect)
            yield cells
        else:
            position = following
            if line.strip(blanks):
                yield [_cell_of(cell) for cell in line.split(dialect.delimiter)]


def _line_end(dialect: Dialect) -> re.Pattern[str]:
    return _ESCAPED_LINE_END if dialect.escape else _LINE_END


def _cell_of(text: str) -> str | None:
    return None if text in ("", _NULL) else text


def _marked_record(text: str, start: int, dialect: Dialect) -> tuple[list[str | None], int]:
    """The cells of the record that starts at a position, and where the next one starts."""
    cells: list[str | None] = []
    position = start
    while True:
        begin = position
        content = ""
        quoted = bool(dialect.quote) and text.startswith(dialect.quote, position)
        if quoted:
            content, position = _quoted(text, position + 1, dialect)
        rest, position = _unquoted(text, position, dialect)
        if quoted and rest:
            raise BadFileError("file:unreadable")
        last = not text.startswith(dialect.delimiter, position)
        cell = content + rest
        if not dialect.escape:
            cells.append(_cell_of(cell))
        elif cell == _NULL and not quoted and text.startswith(_NULL, begin):
            cells.append(None)
        else:
            # An exporter that escapes a backslash means one.
            cells.append(cell or None)
        if last:
            found = _line_end(dialect).match(text, position)
            return cells, found.end() if found else len(text)
        position += 1


def _quoted(text: str, position: int, dialect: Dialect) -> tuple[str, int]:
    """What stands from an open quote to the one that closes it, and where that one ends."""
    content = ""
    while position < len(text):
        if dialect.escape and text.startswith(dialect.escape, position):
            piece, position = _escaped(text, position, dialect)
            content += piece
        elif not text.startswith(dialect.quote, position):
            content += text[position]
            position += 1
        elif text.startswith(dialect.quote, position + 1):
            content += dialect.quote
            position += 2
        else:
            return content, position + 1
    raise BadFileError("file:unreadable")


def _unquoted(text: str, position: int, dialect: Dialect) -> tuple[str, int]:
    """What stands up to the end of a cell, and where the delimiter or the line end after it is."""
    content = ""
    line_end = _line_end(dialect)
    while position < len(text) and text[position] != dialect.delimiter:
        if line_end.match(text, position):
            break
        if dialect.escape and text.startswith(dialect.escape, position):
            piece, position = _escaped(text, position, dialect)
            content += piece
        else:
            content += text[position]
            position += 1
    return content, position


def _escaped(text: str, position: int, dialect: Dialect) -> tuple[str, int]:
    """What an escape and the character after it say, and where they end."""
    after = text[position + 1 : position + 2]
    if text.startswith("\r\n", position + 1):
        return "\r\n", position + 3
    if after and after in (dialect.quote, dialect.delimiter, dialect.escape, "\r", "\n"):
        return after, position + 2
    return _ESCAPED.get(after, dialect.escape + after), position + 2

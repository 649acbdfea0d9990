"""The cells of CSV text in which an escape takes the meaning of the character after it.

(specification, section 1: `escape`; MySQL, PostgreSQL, Hive and Spark write so)

Within and outside of quotes, an escape before a quote, a delimiter, an escape or a line end stands
for that character, and before a letter of LETTERS for what databases mean by it; before anything
else both characters are text. A doubled quote in a quoted cell still is a quote. Lines end with LF
or CR LF: MySQL does not escape another CR, which is text.
"""

import csv
import re
from collections.abc import Iterator
from typing import Final

#: PostgreSQL writes "f" and "v", MySQL "0" and "Z".
LETTERS: Final = {
    "n": "\n",
    "t": "\t",
    "r": "\r",
    "b": "\b",
    "f": "\f",
    "v": "\v",
    "0": "\0",
    "Z": "\x1a",
}
_NULL: Final = "\\N"


def escaped_records(
    lines: Iterator[str], delimiter: str, quote: str, escape: str
) -> Iterator[list[str]]:
    """The cells of each record, none for an empty line, as `csv.reader` gives them; null is empty.

    `lines` keep their ends. Raises csv.Error where nobody can tell where a cell ends.
    """
    special = re.escape(delimiter + escape)
    outside = re.compile(rf"[^{special}\r\n]+")
    inside = re.compile(rf"[^{re.escape(quote + escape)}]+")
    literal = {delimiter, escape, quote, "\r", "\n", "\r\n"}

    def meant(after: str) -> str:
        if after in literal:
            return after
        return LETTERS.get(after, escape + after)

    while True:
        cells: list[str] = []
        text: list[str] = []
        quoted = is_closed = begun = False
        for line in lines:
            at, ended = 0, False
            while at < len(line) and not ended:
                here = line[at]
                if not quoted and not text and not is_closed and here == quote:
                    quoted, begun, at = True, True, at + 1
                elif here == escape and not is_closed:
                    after = "\r\n" if line.startswith("\r\n", at + 1) else line[at + 1 : at + 2]
                    text.append(meant(after))
                    begun, at = True, at + 1 + len(after)
                elif quoted:
                    if here != quote:
                        run = inside.match(line, at)
                        assert run is not None
                        text.append(run[0])
                        at = run.end()
                    elif line.startswith(quote, at + 1):
                        text.append(quote)
                        at += 2
                    else:
                        quoted, is_closed, at = False, True, at + 1
                elif here == delimiter:
                    cells.append(_cell(text, is_closed))
                    text, is_closed, begun, at = [], False, True, at + 1
                elif here == "\n" or line.startswith("\r\n", at):
                    ended = True
                elif is_closed:
                    raise csv.Error(f"{delimiter!r} expected after {quote!r}")
                else:
                    run = outside.match(line, at)
                    text.append(run[0] if run else here)
                    begun, at = True, at + len(text[-1])
            if ended:
                break
        else:
            if quoted:
                raise csv.Error("unexpected end of data")
            if not begun:
                return
        yield [*cells, _cell(text, is_closed)] if begun else []


def _cell(pieces: list[str], is_quoted: bool) -> str:
    """What stands in a cell: an escaped escape before an N is another piece, and no null."""
    return "" if pieces == [_NULL] and not is_quoted else "".join(pieces)

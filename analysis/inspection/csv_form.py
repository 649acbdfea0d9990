"""Which form CSV files have: their marks, and names for columns that a file does not name.

Where it cannot be told by looking at the text, forms are tried, and the one with which most is read
is taken.
"""

import re
from collections.abc import Callable, Iterator
from typing import Any, Final

from analysis.inspection.fits import WORDS, fits
from analysis.inspection.look import Look, csv_records
from analysis.inspection.names import names_for
from pipelines.exports.cells import Kind
from pipelines.exports.schemas import SCHEMAS, kinds, required_columns
from pipelines.settings import Dialect
from pipelines.vocabulary import COLUMNS

Change = dict[str, Any]
#: Looks at files again, as they would be read with another table.
Again = Callable[[Dialect], list[Look]]

#: What is no name of a column.
_DATA: Final = re.compile(r"-?[0-9]+(\.[0-9]+)?|[0-9]{4}-[0-9]{2}-[0-9]{2}.*|\\N")
#: Kinds of columns, those that the fewest values fit first.
_LOOSENESS: Final[tuple[Kind, ...]] = (
    "time", "integer", "text_id", "flag", "number", "text", "text_or_list"
)  # fmt: skip
#: What an escape is there for.
_ESCAPED: Final = re.compile(r"\\[\"'\\,;|\t\n]")
_QUOTED: Final = re.compile(r'(?m)(^|[,;|\t])"')
_LETTERS: Final = re.compile(r"\\[ntr]")
_DELIMITERS: Final = (";", "\t", "|", "\x01", "^", "~")


def csv_form(entity: str, looks: list[Look], dialect: Dialect, again: Again) -> Change:
    files = [look for look in looks if look.file.format in ("csv", "tsv") and look.text]
    if not files or (_readable(files) == 1 and not _has_other_marks(files, dialect)):
        return {}
    tried: list[tuple[tuple[float, int], Change]] = []
    for change in _forms(files, dialect):
        tried.append((_worth(entity, again(dialect.model_copy(update=change))), change))
    best = max(tried, key=lambda one: one[0], default=None)
    if best is None:
        return {}
    worth, known = best[0], _worth(entity, looks)
    # An escape that changes nothing that can be counted still takes its marks away.
    is_better = worth > known or (worth == known and set(best[1]) == {"escape"})
    return best[1] if is_better else {}


def _forms(files: list[Look], dialect: Dialect) -> Iterator[Change]:
    text = "".join(look.text[:100_000] for look in files)
    first = files[0].text.partition("\n")[0]
    is_csv = any(look.file.format == "csv" for look in files)
    delimiters = [mark for mark in _DELIMITERS if mark in first and mark != dialect.delimiter]
    marks: list[Change] = [{}]
    if not dialect.escape and _has_escapes(text):
        marks.append({"escape": "\\"})
    if dialect.quote == '"' and '"' in text:
        marks += [{**mark, "quote": ""} for mark in marks]
    if dialect.quote == '"' and re.search(r"(?m)(^|[^\w])'[^'\n]*'([^\w]|$)", text):
        marks.append({"quote": "'"})
    for delimiter in [None, *delimiters] if is_csv else [None]:
        for mark in marks:
            change = mark if delimiter is None else {"delimiter": delimiter, **mark}
            if change:
                yield change


def _has_other_marks(files: list[Look], dialect: Dialect) -> bool:
    """Whether texts hold an escape that was taken for text, or cells in other quotes."""
    if dialect.escape:
        return False
    text = "".join(look.text for look in files)
    return _has_escapes(text) or bool(re.search(r"(?m)^'[^'\n]*'[,;]", text))


def _has_escapes(text: str) -> bool:
    if _ESCAPED.search(text):
        return True
    # Who writes null so, and no quotes, writes line ends as letters.
    return "\\N" in text and not _QUOTED.search(text) and bool(_LETTERS.search(text))


def _readable(files: list[Look]) -> float:
    """How much of some files has the form that it should have, from 0 to 1."""
    if any(look.account.file_reason not in (None, "file:stamp") for look in files):
        return 0
    read = sum(look.account.rows_read for look in files)
    malformed = sum(look.account.reasons.get("row:malformed", 0) for look in files)
    return 1 - malformed / read if read else 1


def _worth(entity: str, looks: list[Look]) -> tuple[float, int]:
    """How well files are read: what has the right form, then names that are known."""
    shares = []
    known = 0
    for look in looks:
        reason = look.account.file_reason
        if reason in ("file:unreadable", "file:encoding"):
            shares.append(0.0)
            continue
        rows = max(look.account.rows_read, len(look.raw))
        lines = max(look.text.count("\n"), 1)
        whole = (
            len(look.raw) / min(lines, 200)
            if reason
            else 1 - look.account.reasons.get("row:malformed", 0) / max(rows, 1)
        )
        shares.append(min(whole, 1.0) if len(look.names) > 1 else 0.0)
        known += sum(bool(names_for(entity, column, look.names)) for column in COLUMNS[entity])
        known += 0 if known else len(look.names)
    return (sum(shares) / max(len(shares), 1), known)


def header(entity: str, looks: list[Look], dialect: Dialect) -> Change:
    """Names for the columns of CSV files of which the first row is data."""
    files = [look for look in looks if look.file.format in ("csv", "tsv") and look.names]
    if dialect.header or not files or any(look.account.file_reason is None for look in files):
        return {}
    first = files[0].names
    if not any(_DATA.fullmatch(cell) for cell in first):
        return {}
    width = len(first)
    records = csv_records(files[0].file, files[0].text, dialect)
    rows = [record for record in records if len(record) == width]
    null = (*dialect.nulls, "\\N", "")
    columns = [[None if row[n] in null else row[n] for row in rows] for n in range(width)]
    for names in (COLUMNS[entity][:width], required_columns(SCHEMAS[entity])):
        if len(names) == width and all(
            fits(entity, name, column, dialect) for name, column in zip(names, columns, strict=True)
        ):
            return {"header": tuple(names)}
    of_kind = kinds(SCHEMAS[entity])
    of_kind |= {name: "flag" for name in of_kind if f"{entity}.{name}" in WORDS}
    named: dict[int, str] = {}
    # Any value can be a text: what is more is found first.
    for name in sorted(COLUMNS[entity], key=lambda name: _LOOSENESS.index(of_kind[name])):
        free = [n for n in range(width) if n not in named and set(columns[n]) != {None}]
        place = next((n for n in free if fits(entity, name, columns[n], dialect)), None)
        if place is not None:
            named[place] = name
    return {"header": tuple(named.get(n, f"column_{n + 1}") for n in range(width))}

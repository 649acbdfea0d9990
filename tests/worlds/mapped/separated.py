"""Rows as CSV or TSV of another kind."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random

from .drawing import Table

_LETTERS = {"\n": "n", "\t": "t", "\r": "r"}
_NOTHING_TO_ESCAPE = "ntrb0Z"


@dataclass(frozen=True)
class Writer:
    """Cells of one kind of CSV: a delimiter, maybe a quote, maybe an escape."""

    rng: Random
    delimiter: str
    quote: str
    escape: str

    def cell(self, text: str | None) -> str:
        """The characters of a cell, in quotes or not."""
        if text is None:
            empty = [""] + [self.quote * 2] * bool(self.quote)
            return self.rng.choice([*empty, "\\N"])
        special = {self.delimiter, "\r", "\n", self.quote} - {""}
        if not self.escape:
            if not self.quote:
                assert not any(mark in text for mark in special), text
                return text
            if any(mark in text for mark in special) or self.rng.random() < 0.2:
                return self.quote + text.replace(self.quote, self.quote * 2) + self.quote
            return text
        if self.quote and self.rng.random() < 0.4:
            return self.quote + self._escaped(text, {self.quote}) + self.quote
        return self._escaped(text, special)

    def _escaped(self, text: str, special: set[str]) -> str:
        """A text in which no character of these stands without an escape or twice."""
        rng = self.rng
        said = ""
        for place, character in enumerate(text):
            forms = [self.escape + character]
            if character in _LETTERS:
                forms.append(self.escape + _LETTERS[character])
            if character == self.escape:
                after = text[place + 1 : place + 2]
                if after and after not in f"{self.quote}{self.delimiter}{self.escape}\r\n\t":
                    forms += [character] * (after not in _NOTHING_TO_ESCAPE)
            elif character not in special:
                # In CSV, a tab after an escape is no tab unless it is the delimiter.
                may_escape = character in (self.delimiter, self.quote, "\r", "\n")
                forms = [character] * 3 + (forms if may_escape else forms[1:])
            elif character == self.quote and len(special) == 1:
                forms.append(character * 2)
            said += rng.choice(forms)
        # As it stands, it would be null.
        return self.escape + said if said == "\\N" and self.escape == "\\" else said


def separated_text(
    rng: Random,
    table: Table,
    delimiter: str,
    columns: Mapping[str, str],
    decoys: Sequence[str],
    rows: Sequence[dict[str, object] | None],
) -> str:
    """Records for rows by our columns, and a header if the table names none.

    `columns` are their names by ours, `decoys` are columns that nobody may read.
    """
    writer = Writer(rng, delimiter, table.get("quote", '"'), table.get("escape", ""))
    ours = {theirs: column for column, theirs in columns.items()}
    header: list[str] = list(table.get("header", ()))
    records: list[list[str | None]] = []
    if not header:
        header = [*columns.values(), *decoys]
        rng.shuffle(header)
        records.append(list(header))
    for row in rows:
        if row is None:
            records.append(["1"] * rng.choice((len(header) - 1, len(header) + 1)))
            continue
        cells: list[str | None] = []
        for name in header:
            cell = row[ours[name]] if name in ours else rng.choice((None, "7"))
            assert cell is None or isinstance(cell, str)
            cells.append(cell)
        records.append(cells)
    end = rng.choice(("\n", "\n", "\r\n"))
    lines = [delimiter.join(map(writer.cell, record)) + end for record in records]
    if rng.random() < 0.2:
        lines.insert(rng.randrange(len(lines) + 1), rng.choice((end, f"  {end}")))
    text = "".join(lines)
    return text if rng.random() < 0.7 else text.removesuffix(end)

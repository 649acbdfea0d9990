"""A raw cell of a plain file as the cell of a mapped one that means the same."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random

from tests.oracle.cells import BadCellError, Rounded, is_whole
from tests.oracle.entities import ENTITIES
from tests.oracle.times import parse_time

from .drawing import Table
from .ids import Texts
from .local import clock_text

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_AWARE = re.compile(r"(Z|UTC|GMT|:[0-9]{2}.*[+-][0-9:]+)\Z")
_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)")
#: No value of any column but texts.
BAD = "\u00a7"


@dataclass(frozen=True)
class Notation:
    """How the cells of one entity are written; `typed` where not all cells are texts."""

    rng: Random
    entity: str
    table: Table
    texts: Texts
    typed: bool

    def cell(self, column: str, raw: object) -> object:
        """What a reader has to find in the file in the place of a raw cell."""
        if column in self.table.get("text_ids", ()):
            cell = self._text_id(column, raw)
        elif ENTITIES[self.entity].columns[column] is parse_time and isinstance(raw, str):
            cell = self._time(raw)
        else:
            cell = raw
        cell = self._word(column, cell)
        words = self.table.get("nulls")
        if cell is None and words and self.rng.random() < 0.3:
            return self.rng.choice(words)
        return cell

    def _parse(self, column: str) -> Callable[[object], object]:
        return ENTITIES[self.entity].columns[column]

    def _text_id(self, column: str, raw: object) -> object:
        if raw is None:
            return None
        try:
            number = self._parse(column)(raw)
        except BadCellError:
            bad: list[object] = [" ", "\v "]
            if self.typed:
                bad += ["", True, Rounded(Decimal("7.0"), 2**53), [], {"a": "7"}]
            return self.rng.choice(bad)
        assert isinstance(number, int)
        text = self.texts.text(column, number)
        if self.typed and self.texts.form(column) == "decimal" and self.rng.random() < 0.5:
            return number
        return text

    def _time(self, raw: str) -> object:
        """A text that is none of a time is left as it is, and most that say their zone."""
        if is_whole(raw) or (_AWARE.search(raw) and self.rng.random() < 0.7):
            return raw
        try:
            micros = parse_time(raw)
        except BadCellError as error:
            # Near the ends of the range, other zones may be on the other side.
            return "1970-01-02" if error.fault == "range" else raw
        zone = self.table.get("timezone")
        text = clock_text(self.rng, micros, zone)
        return text or f"{_EPOCH + timedelta(microseconds=micros):%Y-%m-%dT%H:%M:%S.%fZ}"

    def _word(self, column: str, cell: object) -> object:
        words = self.table.get("values", {}).get(column)
        said = spelled(cell)
        if not words or said is None:
            return cell
        ours = {theirs: spelled(target) for theirs, target in words.items()}
        choices: list[object] = [
            form
            for theirs, target in ours.items()
            if target == said
            for form in self._forms(theirs)
        ]
        if said not in ours:
            choices.append(cell)
        if choices:
            return self.rng.choice(choices)
        # It says what another word means, and nothing says it, which must be as it was: bad.
        try:
            self._parse(column)(cell)
        except BadCellError:
            return BAD
        raise AssertionError((self.entity, column, cell, words))

    def _forms(self, word: str) -> list[object]:
        """The text, and where it can be, the number or the boolean."""
        forms: list[object] = [word]
        if self.typed and word in ("true", "false"):
            forms.append(word == "true")
        if self.typed and _NUMBER.fullmatch(word):
            forms += [int(word), Rounded(Decimal(f"{word}.0"), 2**53)]
        elif self.typed and word[:1].isdigit() and "." in word:
            forms.append(Rounded(Decimal(word), 2**53))
        return forms


def spelled(cell: object) -> str | None:
    """A text, a number or a boolean as `values` compares it; None for all else."""
    if isinstance(cell, Rounded):
        cell = cell.number
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, Decimal):
        if not cell.is_finite() or abs(cell) > 10**18:
            return None
        return str(int(cell)) if cell == int(cell) else format(cell.normalize(), "f")
    return str(cell) if isinstance(cell, int | str) else None

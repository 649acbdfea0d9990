"""Rows as JSON: an object a line, several, an array a line, or one array for the whole file."""

from collections.abc import Sequence
from random import Random

from .chance import Chance
from .columns import KINDS, BrokenLine, Line
from .lines import joined
from .texts import json_cell

_BROKEN = (
    "{",
    "[]",
    "null",
    '"text"',
    "7",
    "{} {}",
    '{"play_id": NaN}',
    '{"play_id": 1,}',
    "{'play_id': 1}",
    "play_id,track_id",
    '{"play_id": -Infinity}',
    '{"note": "a\tb"}',
    "\ufeff{}",
)
_FOREIGN_BROKEN = (
    "{},{}",
    "{} 7",
    "7 {}",
    "[{}, 1]",
    "[[{}]]",
    "{} [{}]",
    "{}\v{}",
    "[null]",
    '{} {"play_id": 1',
)
_BROKEN_ELEMENTS = ("7", "null", '"text"', "[]", "[{}]", "true", "1.5")


def json_text(rng: Chance, entity: str, lines: Sequence[Line], columns: list[str]) -> str:
    """An object for each line, in any of the layouts."""
    ascii_only = rng.random() < 0.3
    comma, colon = rng.choice(((", ", ": "), (",", ":"), (" ,\t", " : ")))
    texts = [
        _broken(rng)
        if isinstance(line, BrokenLine)
        else _object(rng, KINDS[entity], line, columns, comma, colon, ascii_only)
        for line in lines
    ]
    broken = [isinstance(line, BrokenLine) for line in lines]
    if rng.foreignly(0.3):
        return _array_file(rng.notations, texts, broken)
    if rng.foreignly(0.5):
        return joined(rng, _several_a_line(rng.notations, texts, broken))
    return joined(rng, texts)


def _broken(rng: Chance) -> str:
    plain = rng.choice(_BROKEN)
    return rng.notations.choice(_FOREIGN_BROKEN) if rng.foreignly(0.5) else plain


def _array_file(rng: Random, texts: list[str], broken: list[bool]) -> str:
    before, between, after = rng.choice(
        (
            ("[", ",\n", "]"),
            ("[\n", ",\n", "\n]\n"),
            ("\n \t\n[\r\n  ", ",\r\n  ", "\r\n]\r\n"),
            ("[", "\n,", "\n]"),
            ("[", ", ", "]"),
        )
    )
    elements = [
        rng.choice(_BROKEN_ELEMENTS) if is_broken else text
        for text, is_broken in zip(texts, broken, strict=True)
    ]
    return rng.choice(("", "\ufeff")) + before + between.join(elements) + after


def _several_a_line(rng: Random, texts: list[str], broken: list[bool]) -> list[str]:
    """Objects one after the other, or in an array, some to a line; broken lines by themselves."""
    records: list[str] = []
    together: list[str] = []

    def flush() -> None:
        if not together:
            return
        if rng.random() < 0.5:
            records.append(rng.choice(("", " ", "\t", " \t ")).join(together))
        else:
            records.append("[" + rng.choice((",", " , ")).join(together) + "]")
        together.clear()

    for text, is_broken in zip(texts, broken, strict=True):
        if is_broken:
            flush()
            records.append(text)
            continue
        together.append(text)
        if rng.random() < 0.4:
            flush()
        if rng.random() < 0.02:
            flush()
            records.append("[ ]")
    flush()
    return records


def _object(
    rng: Chance,
    kinds: dict[str, str],
    line: dict[str, object],
    columns: list[str],
    comma: str,
    colon: str,
    ascii_only: bool,
) -> str:
    columns = list(columns)
    rng.shuffle(columns)
    members = [
        f'"{name}"{colon}{json_cell(rng, kinds[name], line[name], ascii_only=ascii_only)}'
        for name in columns
        if line[name] is not None or rng.random() < 0.5
    ]
    if rng.random() < 0.03:
        # A repeated key: what comes first does not count.
        members.insert(0, f'"{columns[0]}"{colon}"junk"')
        if line[columns[0]] is None:
            members.append(f'"{columns[0]}"{colon}null')
    if rng.random() < 0.05:
        members.append(f'"mystery"{colon}{{"a": [1, null, 2.5]}}')
    return "{" + comma.join(members) + "}"

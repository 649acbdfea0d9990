"""Rows as JSON objects whose keys are names or paths."""

import json
from collections.abc import Mapping, Sequence
from random import Random
from typing import Any

from tests.oracle.cells import Rounded

_BROKEN = ("{", "7", "null", '{"a": NaN}', "{},{}", "[{}, 1]")
#: What may stand on the way to cells that are null.
_NO_OBJECTS: tuple[Any, ...] = (None, 5, "text", True, [], [{"id": 7}])


def json_text(
    rng: Random,
    columns: Mapping[str, str],
    decoys: Sequence[str],
    rows: Sequence[dict[str, object] | None],
) -> str:
    """A line for each row, or an array; `columns` are their names or paths by ours."""
    texts = []
    whole = True
    for row in rows:
        if row is None:
            texts.append(rng.choice(_BROKEN))
            continue
        texts.append(_literal(_object(rng, columns, decoys, row, whole=whole)))
        # A column that no object of any file names would be a mistake in the settings.
        whole = rng.random() < 0.5
    if rng.random() < 0.2 and None not in rows:
        return "[" + ",\n".join(texts) + "\n]\n"
    return "".join(f"{text}\n" for text in texts)


def _object(
    rng: Random,
    columns: Mapping[str, str],
    decoys: Sequence[str],
    row: dict[str, object],
    *,
    whole: bool,
) -> dict[str, Any]:
    found: dict[str, Any] = {}
    names = list(columns)
    rng.shuffle(names)
    for column in names:
        cell, theirs = row[column], columns[column]
        if cell is None and not whole and rng.random() < 0.7:
            continue
        if "." not in theirs:
            found[theirs] = cell
        elif rng.random() < 0.2:
            found[theirs] = cell
            if rng.random() < 0.5:
                # The name itself comes before the path.
                _put(found, theirs, rng.choice((7, "junk", None)))
        else:
            _put(found, theirs, cell)
    for name in decoys:
        if rng.random() < 0.7:
            found.setdefault(name, rng.choice((7, "junk", None, {"a": 1})))
    for theirs in columns.values():
        root = theirs.partition(".")[0]
        if "." in theirs and root not in found and not whole and rng.random() < 0.3:
            found[root] = rng.choice(_NO_OBJECTS)
    return found


def _put(found: dict[str, Any], path: str, cell: object) -> None:
    *way, last = path.split(".")
    for part in way:
        found = found.setdefault(part, {})
    found[last] = cell


def _literal(cell: Any) -> str:
    if isinstance(cell, dict):
        return "{" + ", ".join(f"{json.dumps(k)}: {_literal(v)}" for k, v in cell.items()) + "}"
    if isinstance(cell, list):
        return "[" + ", ".join(map(_literal, cell)) + "]"
    if isinstance(cell, Rounded):
        text = format(cell.number, "f")
        if not -30 < cell.number.adjusted() < 30:
            text = str(cell.number)
        return text if set(text) & {".", "E", "e"} else f"{text}.0"
    return json.dumps(cell)

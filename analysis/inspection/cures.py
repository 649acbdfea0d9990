"""Which lines of `[exports.<entity>]` would let more be read.

Each cure looks at an entity's files as they would be read now, and says what should change, or
nothing. They are asked one after the other, and again after each change.
"""

from collections import Counter
from typing import Any, Final

from analysis.inspection.csv_form import Again, Change, csv_form, header
from analysis.inspection.fits import (
    NULLS,
    SURE_NULLS,
    WORDS,
    are_text_ids,
    as_json,
    fits,
    misfits,
)
from analysis.inspection.look import Look, same_dumps
from analysis.inspection.names import common_parent, names_for, parent_of
from pipelines.exports.json_values import word
from pipelines.exports.schemas import SCHEMAS, longest_texts, required_columns
from pipelines.exports.stamps import stamp_of
from pipelines.settings import Dialect
from pipelines.settings.dialect import holds_ids
from pipelines.vocabulary import COLUMNS

_STAMPS: Final = (
    "{YYYY}{MM}{DD}-{HH}{mm}{ss}",
    "{YYYY}{MM}{DD}_{HH}{mm}{ss}",
    "{YYYY}{MM}{DD}{HH}{mm}{ss}",
    "{YYYY}{MM}{DD}-{HH}{mm}",
    "{YYYY}{MM}{DD}_{HH}{mm}",
    "{YYYY}{MM}{DD}{HH}{mm}",
    "{YYYY}{MM}{DD}-{HH}",
    "{YYYY}{MM}{DD}{HH}",
    "{YYYY}/{MM}/{DD}/{HH}",
    "{YYYY}-{MM}-{DD}-{HH}-{mm}-{ss}",
    "{YYYY}-{MM}-{DD}-{HH}-{mm}",
    "{YYYY}-{MM}-{DD}-{HH}",
    "{YYYY}-{MM}-{DD}/{HH}",
    "{YYYY}.{MM}.{DD}",
    "{YYYY}{MM}{DD}",
    "{DD}.{MM}.{YYYY}",
    "{DD}-{MM}-{YYYY}",
    "{DD}_{MM}_{YYYY}",
    "{DD}{MM}{YYYY}",
)


def next_change(entity: str, looks: list[Look], dialect: Dialect, again: Again) -> Change:
    """What to change in an entity's table next; nothing if no cure is known."""
    change = csv_form(entity, looks, dialect, again)
    if change:
        return change
    cures = (header, _columns, _stamp, _text_ids, _nulls, _values)
    return next((change for cure in cures if (change := cure(entity, looks, dialect))), {})


# Names and stamps ---------------------------------------------------------------------------


def _columns(entity: str, looks: list[Look], dialect: Dialect) -> Change:
    """Other names for columns that no file has."""
    names = list(dict.fromkeys(name for look in looks for name in look.names))
    raw = [row for look in looks for row in look.raw]
    wrapped = {name.partition(".$")[0] for name in names if ".$" in name}
    # What is null in all rows may have its values below, as extended JSON has them.
    filled = {n for n in names if n not in wrapped or any(row.get(n) is not None for row in raw)}
    used = {dialect.source(column) for column in COLUMNS[entity]} & filled
    home = common_parent(entity, names)
    found: dict[str, str] = {}
    required = required_columns(SCHEMAS[entity])
    for column in (*required, *(c for c in COLUMNS[entity] if c not in required)):
        if dialect.source(column) in filled:
            continue
        likely = names_for(entity, column, (name for name in names if name not in used))
        values = {name: [row.get(name) for row in raw] for name in likely}
        fitting = [name for name in likely if fits(entity, column, values[name], dialect)]
        # What is null throughout may have its values below another name.
        fitting.sort(
            key=lambda name: (all(v is None for v in values[name]), parent_of(name) != home)
        )
        if fitting:
            found[column] = fitting[0]
            used.add(fitting[0])
    return {"columns": {**dialect.columns, **found}} if found else {}


def _stamp(_entity: str, looks: list[Look], dialect: Dialect) -> Change:
    """A template for stamps that are not found, or that are one for several dumps."""
    has_none = any(look.account.file_reason == "file:stamp" for look in looks)
    if dialect.stamp or not (has_none or same_dumps(looks)):
        return {}
    paths = [look.file.path for look in looks]
    for template in _STAMPS:
        # A date that any path would have is none that the template found.
        stamps = [stamp_of(path, template) for path in paths if _is_found(path, template)]
        if len(stamps) == len(paths) and (not same_dumps(looks) or len(set(stamps)) == len(paths)):
            return {"stamp": template}
    return {}


def _is_found(path: str, template: str) -> bool:
    bare = stamp_of(path)
    found = stamp_of(path, template)
    return found is not None and (bare is None or found != bare)


# Values -------------------------------------------------------------------------------------


def _values_of(looks: list[Look], dialect: Dialect, column: str) -> list[Any]:
    source = dialect.source(column)
    null = (*dialect.nulls, "\\N")
    values = [row.get(source) for look in looks for row in look.raw]
    return [None if isinstance(value, str) and value in null else value for value in values]


def _text_ids(entity: str, looks: list[Look], dialect: Dialect) -> Change:
    found = tuple(
        column
        for column in COLUMNS[entity]
        if holds_ids(column)
        and column not in dialect.text_ids
        and are_text_ids(_values_of(looks, dialect, column))
    )
    return {"text_ids": (*dialect.text_ids, *found)} if found else {}


def _nulls(entity: str, looks: list[Look], dialect: Dialect) -> Change:
    found: Counter[str] = Counter()
    names = {*longest_texts(SCHEMAS[entity])}
    # Somebody may be called so.
    for column in (column for column in COLUMNS[entity] if column not in names):
        values = _values_of(looks, dialect, column)
        words = [value for value in values if isinstance(value, str) and value in NULLS]
        bad = set(map(str, misfits(entity, column, words, dialect)))
        found.update(word for word in words if word in bad or word in SURE_NULLS)
    return {"nulls": (*dialect.nulls, *sorted(found))} if found else {}


def _values(entity: str, looks: list[Look], dialect: Dialect) -> Change:
    found: dict[str, dict[str, str]] = {}
    for column in COLUMNS[entity]:
        words = WORDS.get(f"{entity}.{column}")
        if words is None or column in dialect.values:
            continue
        allowed = set(words.values())
        theirs = {word(as_json(value)) or "" for value in _values_of(looks, dialect, column)}
        theirs -= {""}
        ours = {
            word: word.lower() if word.lower() in allowed else words[word.lower()]
            for word in sorted(theirs)
            if word not in allowed and (word.lower() in allowed or word.lower() in words)
        }
        if ours:
            found[column] = ours
    return {"values": {**dialect.values, **found}} if found else {}

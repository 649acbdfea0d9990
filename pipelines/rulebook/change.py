"""One difference between two rulebooks, and how tables of one kind are compared."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from pipelines.rulebook.model import Section, Table

ChangedSection = Literal["rulebook"] | Section


@dataclass(frozen=True, slots=True)
class Change:
    """One difference: `before` and `after` are the key's values, None where there was none.

    An entry that was added or removed is one change, with all its keys as a mapping.
    """

    section: ChangedSection
    key: str
    before: Any
    after: Any
    sentence: str


def changed_keys(
    section: ChangedSection, path: str, before: Table, after: Table, sentences: Mapping[str, str]
) -> Iterator[Change]:
    """A change for each key with another value; `sentences` has one for every key that may have."""
    for name, field in type(before).model_fields.items():
        was, now = getattr(before, name), getattr(after, name)
        if was != now:
            key = f"{path}.{field.alias or name}"
            yield Change(section, key, was, now, sentences[name])


def changed_entry(
    section: Section, path: str, before: Table | None, after: Table | None, sentence: str
) -> Change:
    """The change of an entry that only one of the rulebooks has."""
    was, now = (None if e is None else e.model_dump(by_alias=True) for e in (before, after))
    return Change(section, path, was, now, sentence)


def sentence(text: str) -> str:
    """A clause as a sentence."""
    return f"{text[0].upper()}{text[1:]}."

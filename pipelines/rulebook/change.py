"""One difference between two rulebooks, and how tables of one kind are compared."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Any, Literal

from pipelines.rulebook.model import Section, TomlTable

ChangedSection = Literal["rulebook"] | Section


@dataclass(frozen=True, slots=True)
class Change:
    """One difference: `before` and `after` are the key's values, None where there was none.

    An entry that was added or removed is one change, with all its keys as a mapping. `first_day` is
    the first day on which it can make a difference, None if that is no question of days.
    """

    section: ChangedSection
    key: str
    before: Any
    after: Any
    sentence: str
    first_day: date | None = None

    def told_on(self, last_day: date) -> str:
        """The sentence, and another one if nothing up to `last_day` can be changed by it."""
        if self.first_day is None or self.first_day <= last_day:
            return self.sentence
        return (
            f"{self.sentence} Does not apply yet: it makes no difference before {self.first_day}, "
            f"and the last day that counts is {last_day}."
        )


def changed_keys(
    section: ChangedSection,
    path: str,
    before: TomlTable,
    after: TomlTable,
    sentences: Mapping[str, str],
    first_days: Mapping[str, date] = MappingProxyType({}),
) -> Iterator[Change]:
    """A change for each key with another value; `sentences` has one for every key that may have."""
    for name, field in type(before).model_fields.items():
        was, now = getattr(before, name), getattr(after, name)
        if was != now:
            key = f"{path}.{field.alias or name}"
            yield Change(section, key, was, now, sentences[name], first_days.get(name))


def changed_entry(
    section: Section,
    path: str,
    before: TomlTable | None,
    after: TomlTable | None,
    sentence: str,
    first_day: date | None = None,
) -> Change:
    """The change of an entry that only one of the rulebooks has."""
    was, now = (None if e is None else e.model_dump(by_alias=True) for e in (before, after))
    return Change(section, path, was, now, sentence, first_day)


def sentence(text: str) -> str:
    """A clause as a sentence."""
    return f"{text[0].upper()}{text[1:]}."

"""What steps return: named tables, and references to files that are found by their types.

A reference is a field of the type `StoreFile`, anywhere in a result: only what is declared to be
one is taken for one, whatever a text looks like.
"""

from collections.abc import Callable, Iterable, Mapping
from functools import cache
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

import msgspec

from pipelines.store.parts import Part, table_of
from pipelines.tables import StoreFile, Table

#: Adds the references in a value to a set: there can be a hundred thousand.
Find = Callable[[Any, set[str]], None]


class StepResult(msgspec.Struct, frozen=True):
    """What a step returns, as the store remembers it."""

    def published(self) -> dict[str, list[Part]]:
        """The files of the published tables that it made, by name."""
        return {}

    def tables(self) -> dict[str, Table]:
        """The tables that it refers to, published ones too, by name."""
        fields = (getattr(self, name) for name in self.__struct_fields__)
        tables = {value.name: value for value in fields if isinstance(value, Table)}
        return tables | {name: table_of(name, parts) for name, parts in self.published().items()}


def files_of(result: msgspec.Struct) -> set[str]:
    """Every file and folder of the store to which a result refers."""
    found: set[str] = set()
    find = _finder(type(result))
    if find is not None:
        find(result, found)
    return found


@cache
def _finder(kind: Any) -> Find | None:
    """How references are found in values of a type; None if there can be none."""
    origin, arguments = get_origin(kind), get_args(kind)
    if kind == StoreFile:
        return _itself
    if origin is Annotated:
        return _finder(arguments[0])
    if origin in (list, tuple):
        return _each(_finder(arguments[0]))
    if origin in (dict, Mapping):
        return _each_value(_finder(arguments[1]))
    if origin in (Union, UnionType):
        return _if_there(next(filter(None, map(_finder, arguments)), None))
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        return _each_field(kind)
    return None


def _itself(value: str, found: set[str]) -> None:
    if value:
        found.add(value)


def _each(find: Find | None) -> Find | None:
    if find is None:
        return None
    if find is _itself:
        return lambda values, found: found.update(filter(None, values))

    def each(values: Iterable[Any], found: set[str]) -> None:
        for value in values:
            find(value, found)

    return each


def _each_value(find: Find | None) -> Find | None:
    every = _each(find)
    return None if every is None else lambda values, found: every(values.values(), found)


def _if_there(find: Find | None) -> Find | None:
    if find is None:
        return None

    def if_there(value: Any, found: set[str]) -> None:
        if value is not None:
            find(value, found)

    return if_there


def _each_field(kind: type[msgspec.Struct]) -> Find | None:
    hints = get_type_hints(kind, include_extras=True)
    finders = [(name, find) for name in kind.__struct_fields__ if (find := _finder(hints[name]))]
    if not finders:
        return None

    def each_field(value: Any, found: set[str]) -> None:
        for name, find in finders:
            find(getattr(value, name), found)

    return each_field

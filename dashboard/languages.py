"""The languages that Babel knows, each with names of its own."""

from collections.abc import Mapping
from functools import cached_property, lru_cache
from typing import Any

from babel import Locale
from babel.localedata import LocaleDataDict


class _OwnData(LocaleDataDict):
    """Data of a language, resolved in a copy.

    Babel resolves an alias, such as "months that stand alone are those in a date", by writing its
    target over it, in dictionaries that languages share: from then on all have the first one's
    months (python-babel/babel#1234).
    """

    def __init__(self, data: Mapping[Any, Any], base: Mapping[Any, Any] | None = None) -> None:
        super().__init__(dict(data))
        self.base = self if base is None else base

    def __getitem__(self, key: str | int | None) -> Any:
        found = super().__getitem__(key)
        if type(found) is LocaleDataDict:
            found = self._data[key] = _OwnData(found._data, self.base)
        return found


class _Language(Locale):
    @cached_property
    def _data(self) -> LocaleDataDict:
        return _OwnData(super()._data.base)


@lru_cache(maxsize=1_024)
def language(tag: str) -> Locale:
    """A language from a tag such as "de-CH". Raises UnknownLocaleError, ValueError."""
    return _Language.parse(tag, sep="-")

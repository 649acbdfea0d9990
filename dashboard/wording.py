"""Numbers and times as the viewer's language writes them; the words around them are English."""

import re
from datetime import date, datetime, time
from functools import lru_cache

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_interval, format_time
from babel.numbers import format_decimal

from dashboard.languages import language
from pipelines.vocabulary import Amounts, is_visible

#: What is read of an Accept-Language header: real ones are shorter.
_MOST_CHARACTERS = 200
_PREFERENCE = re.compile(r"\s*([A-Za-z]{2,3}(?:-[A-Za-z0-9]+)*)\s*(?:;\s*q=([01](?:\.\d+)?))?\s*")


class Wording(Amounts):
    """How one language writes numbers and times."""

    def __init__(self, locale: Locale) -> None:
        self._locale = locale
        #: The language, for the attribute `lang`.
        self.tag = str(locale).replace("_", "-")
        patterns = locale.datetime_skeletons
        self._short_day = patterns["MMMEd"].pattern
        self._month = patterns["yMMM"].pattern

    def number(self, number: int) -> str:
        """A whole number."""
        return _decimal(number, 0, self.tag)

    def signed(self, number: int) -> str:
        """A whole number with its sign, unless it is 0."""
        return f"+{self.number(number)}" if number > 0 else self.number(number)

    def money(self, cents: int) -> str:
        """Cents as an amount; the exports name no currency."""
        return _decimal(cents, 2, self.tag)

    def day(self, day: date) -> str:
        """A day."""
        return _day(day, self._locale, "medium")

    def short_day(self, day: date) -> str:
        """A day of the last weeks: its weekday and date, without the year."""
        return _day(day, self._locale, self._short_day)

    def days(self, first: date, last: date) -> str:
        """Days from one to another."""
        text: str = format_interval(first, last, "yMMMd", locale=self._locale)
        return text

    def month(self, month: str) -> str:
        """A month from "2026-11"."""
        return _day(date(int(month[:4]), int(month[5:]), 1), self._locale, self._month)

    def utc_day(self, moment: datetime) -> str:
        """The day of a UTC time."""
        return f"{self.day(moment.date())} UTC"

    def moment(self, moment: datetime) -> str:
        """A UTC time, to the minute."""
        minute = time(moment.hour, moment.minute)
        return f"{self.day(moment.date())}, {_clock(minute, self._locale)} UTC"


def shown_name(display_name: str, known_as: str) -> str:
    """A display name as pages show it: that there is one must be seen, and links be hit.

    `known_as`: the producer's id, or the text that it stands for.
    """
    return display_name if is_visible(display_name) else f"Producer {known_as}"


@lru_cache(maxsize=256)
def wording_for(accept_language: str) -> Wording:
    """The wording of the language that a browser likes best, of those that are known."""
    found: list[tuple[float, str]] = []
    for part in accept_language[:_MOST_CHARACTERS].split(","):
        if match := _PREFERENCE.fullmatch(part):
            found.append((float(match[2] or 1), match[1]))
    for _, tag in sorted(found, key=lambda preference: -preference[0]):
        try:
            return Wording(language(tag))
        except (UnknownLocaleError, ValueError):
            continue
    return Wording(language("en"))


@lru_cache(maxsize=65_536)
def _decimal(number: int, places: int, tag: str) -> str:
    locale = language(tag)
    if not places:
        return format_decimal(number, locale=locale)
    whole, rest = divmod(abs(number), 10**places)
    # Not through a float: amounts are exact.
    separator = locale.number_symbols["latn"]["decimal"]
    sign = "-" if number < 0 else ""
    return f"{sign}{format_decimal(whole, locale=locale)}{separator}{rest:0{places}}"


@lru_cache(maxsize=16_384)
def _day(day: date, locale: Locale, pattern: str) -> str:
    return format_date(day, pattern, locale=locale)


@lru_cache(maxsize=2_048)
def _clock(clock: time, locale: Locale) -> str:
    return format_time(clock, "short", locale=locale)

"""The many ways in which a text file may write the same value."""

import json
from datetime import UTC, datetime, timedelta
from random import Random

from .chance import Chance
from .columns import WHOLE_NUMBERS, BadCell

DAY = 86_400_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EXACT_BELOW = 2**53
_OFFSETS = ("+01:00", "-0100", "+0530", "-05:30", "+05:45", "+1200", "-12:00", "+0000", "-00:00")
_FOREIGN_ZONES = (" Z", "UTC", " UTC", "GMT", " GMT", " +0100", " -05:30", "+01", " -05", "+00")


def time_text(rng: Chance, micros: int) -> str:
    """A time with or without zone, seconds, fraction or time of day, or a number since 1970."""
    if rng.foreignly(0.15):
        return str(since_1970(rng.notations, micros)) + rng.notations.choice(("", "", ".0"))
    if rng.foreignly(0.3):
        return _in_zone(rng.notations, micros, rng.notations.choice(_FOREIGN_ZONES))
    form = rng.random()
    if micros % DAY == 0 and form < 0.3:
        return f"{_EPOCH + timedelta(microseconds=micros):%Y-%m-%d}"
    return _in_zone(rng, micros, rng.choice(("", "Z", "Z", "Z", *_OFFSETS)))


def since_1970(rng: Random, micros: int) -> int:
    """A time in any unit that can express it; nanoseconds may say more than microseconds."""
    units = [micros, micros * 1_000, micros * 1_000 + rng.randrange(1_000)]
    units += [micros // unit for unit in (1_000, 1_000_000, 1_000_000) if micros % unit == 0]
    return rng.choice(units)


def _in_zone(rng: Random, micros: int, zone: str) -> str:
    offset = zone.lstrip()
    if offset[:1] in ("+", "-"):
        digits = offset[1:].replace(":", "").ljust(4, "0")
        shift = (int(digits[:2]) * 60 + int(digits[2:])) * 60_000_000
        micros += shift if offset[0] == "+" else -shift
    moment = _EPOCH + timedelta(microseconds=micros)
    text = f"{moment:%Y-%m-%d}{rng.choice('TTT ')}{moment:%H:%M}"
    fraction = micros % 1_000_000
    if micros % 60_000_000 or rng.random() < 0.7:
        text += f":{moment:%S}"
        if fraction or rng.random() < 0.1:
            digits = f"{fraction:06d}"
            shorter = digits.rstrip("0") or "0"
            # Digits beyond microseconds are cut, never rounded.
            text += "." + rng.choice((digits, digits, shorter, digits + "999"))
    return text + zone


def csv_cell(rng: Chance, kind: str, value: object) -> str:
    """The characters of a cell, not quoted yet."""
    if value is None:
        return "\\N" if rng.foreignly(0.4) else ""
    if isinstance(value, BadCell):
        return value.text
    if isinstance(value, list):
        if rng.foreignly(0.7):
            return "{}" if not value and rng.foreignly(0.5) else json.dumps(value)
        return "|".join(item or "" for item in value)
    if kind == "time" and isinstance(value, int):
        return time_text(rng, value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if kind in WHOLE_NUMBERS and rng.random() < 0.02:
        return f"{value:05d}"
    if isinstance(value, int) and rng.foreignly(0.1):
        return f"{value}{rng.notations.choice(('.0', '.000'))}"
    return str(value)


def json_cell(rng: Chance, kind: str, value: object, *, ascii_only: bool) -> str:
    """A JSON literal."""
    if isinstance(value, BadCell):
        if value.json is not None:
            return value.json
        value = value.text
    elif kind == "time" and isinstance(value, int):
        if rng.foreignly(0.25):
            return _json_number(rng.notations, since_1970(rng.notations, value))
        value = time_text(rng, value)
    elif isinstance(value, bool):
        if rng.random() < 0.2:
            value = csv_cell(rng, kind, value)
    elif isinstance(value, int):
        form = rng.random()
        if form < 0.06 and abs(value) < _EXACT_BELOW:
            return f"{value}.0" if form < 0.04 else f"{value}e0"
        if form < 0.1:
            value = csv_cell(rng, kind, value) if rng.foreignly(1.0) else str(value)
    elif isinstance(value, str) and kind != "choice" and rng.foreignly(0.01):
        # Half of a pair, as of a name that was cut; it can only be escaped.
        return json.dumps(value[:100] + rng.notations.choice(("\ud83c", "\udfa7", "\udfa7\ud83c")))
    return json.dumps(value, ensure_ascii=ascii_only)


def _json_number(rng: Random, number: int) -> str:
    ends = ("", "", ".0", "e0", ".000E+0") if number < _EXACT_BELOW else ("",)
    return f"{number}{rng.choice(ends)}"


def quoted(rng: Random, cell: str, share: float, delimiter: str = ",") -> str:
    """A CSV or TSV cell in quotes where it needs them, and at random elsewhere."""
    if any(character in cell for character in f'"{delimiter}\r\n') or rng.random() < share:
        return '"' + cell.replace('"', '""') + '"'
    return cell

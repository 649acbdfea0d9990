"""The many ways in which a text file may write the same value."""

import json
from datetime import UTC, datetime, timedelta
from random import Random

from .columns import WHOLE_NUMBERS, BadCell

DAY = 86_400_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_OFFSETS = ("+01:00", "-0100", "+0530", "-05:30", "+05:45", "+1200", "-12:00", "+0000", "-00:00")


def time_text(rng: Random, micros: int) -> str:
    """A time with or without zone, seconds, fraction or time of day."""
    form = rng.random()
    if micros % DAY == 0 and form < 0.3:
        return f"{_EPOCH + timedelta(microseconds=micros):%Y-%m-%d}"
    zone = rng.choice(("", "Z", "Z", "Z", *_OFFSETS))
    if zone[:1] in ("+", "-"):
        digits = zone[1:].replace(":", "")
        shift = (int(digits[:2]) * 60 + int(digits[2:])) * 60_000_000
        micros += shift if zone[0] == "+" else -shift
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


def csv_cell(rng: Random, kind: str, value: object) -> str:
    """The characters of a cell, not quoted yet."""
    if value is None:
        return ""
    if isinstance(value, BadCell):
        return value.text
    if isinstance(value, list):
        return "|".join(item or "" for item in value)
    if kind == "time" and isinstance(value, int):
        return time_text(rng, value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if kind in WHOLE_NUMBERS and rng.random() < 0.02:
        return f"{value:05d}"
    return str(value)


def json_cell(rng: Random, kind: str, value: object, *, ascii_only: bool) -> str:
    """A JSON literal."""
    if isinstance(value, BadCell):
        if value.json is not None:
            return value.json
        value = value.text
    elif kind == "time" and isinstance(value, int):
        value = time_text(rng, value)
    elif isinstance(value, bool):
        if rng.random() < 0.2:
            value = csv_cell(rng, kind, value)
    elif isinstance(value, int):
        form = rng.random()
        if form < 0.04:
            return f"{value}.0"
        if form < 0.06:
            return f"{value}e0"
        if form < 0.1:
            value = str(value)
    return json.dumps(value, ensure_ascii=ascii_only)


def quoted(rng: Random, cell: str, share: float) -> str:
    """A CSV cell in quotes where it needs them, and at random elsewhere."""
    if any(character in cell for character in '",\r\n') or rng.random() < share:
        return '"' + cell.replace('"', '""') + '"'
    return cell

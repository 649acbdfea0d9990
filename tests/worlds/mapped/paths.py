"""Where a file stands: stamps by a template or on the clocks of a zone, in the order of before."""

from datetime import UTC, datetime, timedelta
from random import Random

from .drawing import Table
from .local import clock_of, skipped

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def mapped_path(rng: Random, table: Table, place: int, stamp: int | None, ending: str) -> str:
    """The path of a dump's file below its folder; `place` is its place among all of the entity."""
    # Letters keep the number from being taken for a part of a date.
    start = f"n{place:04d}x/"
    if stamp is None:
        return f"{start}none{ending}"
    zone = table.get("timezone")
    clock = clock_of(stamp, zone)
    if clock is None or (zone and rng.random() < 0.2):
        clock, mark = (_EPOCH + timedelta(microseconds=stamp)).replace(tzinfo=None), "Z"
    else:
        clock, mark = rng.choice((*skipped(clock, zone), clock)), ""
    template = table.get("stamp")
    if template is None or rng.random() < 0.2:
        return start + _ordinary(rng, clock, mark, ending)
    earlier = rng.choice(("", f"of {_filled(template, clock - timedelta(days=40))}/"))
    later = rng.choice(("", "", "-v2", "/part-0", "/2026-12-31T23/x"))
    return f"{start}{earlier}{_filled(template, clock)}{mark}{later}{ending}"


def _filled(template: str, clock: datetime) -> str:
    fields = {"YYYY": "%Y", "MM": "%m", "DD": "%d", "HH": "%H", "mm": "%M", "ss": "%S"}
    for name, form in fields.items():
        template = template.replace(f"{{{name}}}", clock.strftime(form))
    return template


def _ordinary(rng: Random, clock: datetime, mark: str, ending: str) -> str:
    forms = [f"{clock:%Y-%m-%dT%H-%M}", f"{clock:%Y%m%dT%H%M%S}", f"date={clock:%Y_%m_%d_%H-%M}"]
    if clock.hour == clock.minute == 0:
        forms.append(f"{clock:%Y-%m-%d}")
    return f"{rng.choice(forms)}{mark}{rng.choice(('', '/part-1', '-part1'))}{ending}"

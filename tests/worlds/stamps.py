"""The many ways in which a path may say when a dump was taken, and what only looks like one."""

from datetime import datetime
from random import Random

_FOLDERS = ("", "", "full/", "exported-2019-12-31/", "of/2020/01/02/", "v20191231/")
_PREFIXES = ("", "dt=", "date=", "snapshot_", "tracks-")
_NO_DATES = (
    "2026-02-30",
    "20261301",
    "1999-12-31",
    "21000101",
    "v20200101",
    "20200101x",
    "2020-01-011",
    "2020_01-01",
    "2020/1/123",
    "x2020/1/1",
    "year=2020/month=1/day=32",
    "year=2020/month=1x/day=3",
)
_NO_TIMES = (
    "T24",
    "T2400",
    "T06-99",
    "T060",
    "T06:00:60",
    "Tx",
    "_2",
    "-01",
    "_06",
    "_060000",
    "_24-00",
    "-x",
    "/x/hour=06/",
    "/hour=24/",
    "/hour=6/minute=60/",
    "/hour=6-x/",
    "/hr=123/",
)


def foreign_stem(rng: Random, moment: datetime, number: int) -> str:
    """The path of part `number` of a dump below its entity's folder, without its ending."""
    text = rng.choice(_FOLDERS) + _date(rng, moment) + _time(rng, moment)
    if rng.random() < 0.1:
        text += f"{'' if text.endswith('/') else '/'}{rng.choice(_NO_DATES)}/"
    if text.endswith("/"):
        return f"{text}part-{number}"
    return text + rng.choice((f"/part-{number}", f"-part{number}", f"_{number}", f"Z/{number}"))


def _date(rng: Random, moment: datetime) -> str:
    month, day = (rng.choice((f"{n}", f"{n:02}")) for n in (moment.month, moment.day))
    plain = rng.choice((f"{moment:%Y-%m-%d}", f"{moment:%Y_%m_%d}", f"{moment:%Y%m%d}"))
    return rng.choice(
        (
            rng.choice(_PREFIXES) + plain,
            f"{moment:%Y}/{month}/{day}",
            f"year={moment:%Y}/month={month}/day={day}",
        )
    )


def _time(rng: Random, moment: datetime) -> str:
    """The time of day to the minute, directly after the date; for midnight, also what is none."""
    if not moment.hour and not moment.minute and rng.random() < 0.5:
        return rng.choice(("", *_NO_TIMES))
    hour, minute = f"{moment:%H}", f"{moment:%M}"
    mark = rng.choice(("", "-", "_", ":"))
    forms = [
        f"T{hour}{mark}{minute}",
        f"T{hour}{mark}{minute}{mark}00",
        f"_{hour}-{minute}",
        f"_{hour}-{minute}-00",
        f"/{_named(rng, moment.hour, 'hour', 'hr')}/{_named(rng, moment.minute, 'minute', 'min')}/",
    ]
    if not moment.minute:
        forms += [f"T{hour}", f"T{hour}-x", f"/{_named(rng, moment.hour, 'hour', 'hr')}/"]
    return rng.choice(forms)


def _named(rng: Random, value: int, *names: str) -> str:
    return f"{rng.choice(names)}={rng.choice((f'{value}', f'{value:02}'))}"

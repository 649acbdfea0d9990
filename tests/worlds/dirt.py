"""Bad cells of every kind and every reason of the specification, section 1."""

from random import Random

from .chance import Chance
from .columns import KINDS, WHOLE_NUMBERS, BadCell, BrokenLine, Line, Row

_NOT_INTEGERS = [
    BadCell("abc"),
    BadCell("1.5", "1.5"),
    BadCell("1.5"),
    BadCell("7.0."),
    BadCell("1e3"),
    BadCell(" 7"),
    BadCell("7 "),
    BadCell("+7"),
    BadCell("0x1F"),
    BadCell("12x"),
    BadCell("--1"),
    BadCell("-"),
    BadCell("\u0667"),
    BadCell("\uff17"),
    BadCell("true", "true"),
    BadCell("1_000"),
    BadCell("[7]", "[7]"),
    BadCell("{}", "{}"),
    BadCell(" ", '""'),
]
_TOO_LARGE = [
    BadCell("9223372036854775808", "9223372036854775808"),
    BadCell("99999999999999999999"),
    BadCell("-9223372036854775809", "-9223372036854775809"),
    BadCell("1" * 60, "1e59"),
]
_OUT_OF_RANGE = {
    "id": [BadCell("0", "0"), BadCell("-1", "-1"), BadCell("-0", "-0.0"), *_TOO_LARGE],
    "percent": [BadCell("101", "101"), BadCell("-1"), BadCell("100000", "1e5"), *_TOO_LARGE],
    "count": [BadCell("-1", "-1"), BadCell("-30"), *_TOO_LARGE],
    "cents": [
        BadCell("1000000000001", "1000000000001"),
        BadCell("-1000000000001", "-1000000000001.0"),
        *_TOO_LARGE,
    ],
    "xp": [BadCell("0", "0"), BadCell("1000000001"), BadCell("-1000000001", "-1000000001")],
}
_NOT_TIMES = [
    BadCell(text)
    for text in (
        "yesterday",
        "2026-02-30",
        "2026-13-01",
        "2026-1-1",
        "2026-06-00T10:00:00Z",
        "2026-06-01T24:00",
        "2026-06-01T24:00:00Z",
        "2026-06-01T12:60:00Z",
        "2026-06-01T23:59:60Z",
        "2026-06-01T12",
        "2026-06-01Z",
        "2026-06-01+01:00",
        "2026-06-01T12:00:00+5",
        "2026-06-01T12:00:00+05:",
        "2026-06-01T12:00:00+05:60",
        "2026-06-01T12:00:00+24:00",
        "2026-06-01T12:00:00 z",
        "2026-06-01T12:00:00.Z",
        "2026-06-01T12:00.5Z",
        "2026-06-01T12:00:00,5Z",
        "2026-06-01t12:00:00z",
        "2026-06-01  12:00:00",
        " 2026-06-01",
        "2026-06-01\n",
        "\uff12\uff10\uff12\uff16-06-01",
        "20260601T",
        "01/06/2026",
    )
] + [BadCell("1780000000x", "[1780000000]"), BadCell("false", "false"), BadCell("[]", "[]")]
_TIMES_OUT_OF_RANGE = [
    BadCell(text)
    for text in (
        "1999-12-31T23:59:59Z",
        "1999-12-31T23:59:59.9999999Z",
        "1970-01-01",
        "0001-01-01T00:00:00+01:00",
        "2000-01-01T00:00:00+00:01",
        "2100-01-01",
        "2100-01-01T00:00:00Z",
        "2099-12-31T23:59:59-00:01",
        "9999-12-31T23:59:59-12:00",
    )
]
_NOT_TEXTS = [BadCell("5", "5"), BadCell("true", "true"), BadCell('["x"]', '["x"]')]
_NOT_CHOICES = [
    BadCell("deleted"),
    BadCell("ACTIVE"),
    BadCell(" published"),
    BadCell("active\n"),
    BadCell(" ", '""'),
    BadCell("1", "1"),
]
_NOT_LISTS = [BadCell(" ", "5"), BadCell("txt", '["a", 1]'), BadCell("x", '[["a"]]')]
_NOT_NUMBERS = [
    BadCell(text)
    for text in ("fast", "1e2", ".5", "5.", "+90", "Infinity", "120 bpm", "12,5", "\u0661\u0662")
] + [BadCell("[90]", "[90]"), BadCell("true", "true")]

_FOREIGN_NUMBERS = [
    BadCell("7.", "7.0"),
    BadCell("7.00x", '"7.00"'),
    BadCell("1e3", "1e3"),
    BadCell("7,0", "7.5e1"),
    BadCell("1.5", "1.5"),
    BadCell("9007199254740991.0", "9007199254740991.0"),
    BadCell("9007199254740992.0", "9007199254740992.0"),
    BadCell("9223372036854775807.0", "9007199254740993e0"),
    BadCell("-9007199254740992", "-9007199254740992.0"),
    BadCell("-0.0", "-0.0"),
    BadCell("NaN", '"\\\\N"'),
    BadCell(".0", "1e400"),
]
_FOREIGN_TIMES = [
    BadCell(text, text)
    for text in (
        "946684799",
        "946684800",
        "4102444799",
        "4102444800",
        "946684799999",
        "946684800000",
        "4102444800000000",
        "4102444799999999999",
        "9223372036854775807",
        "20260601",
        "-1780000000",
        "1780000000.5",
        "1.78e9",
        "1780000000000000000.0",
        "0",
    )
] + [
    BadCell(text)
    for text in (
        "2026-06-01 +00",
        "2026-06-01 UTC",
        "2026-06-01T2400",
        "2026-06-01T12:00  Z",
        "2026-06-01T12:00 utc",
        "2026-06-01T12:00 EST",
        "2026-06-01T12:00UTC ",
        "2026-06-01T12:00+010",
        "2026-06-01T12:00+01:0",
        "2026-06-01T12:00+24",
        "2026-06-01T12:00 -0160",
        "2026-06-01T12:00 + 01",
        "2026-06-01T12:00Z+01",
        "20260601T120000Z",
        " 1780000000",
        "1780000000.",
    )
]
_FOREIGN_LISTS = [
    BadCell(text)
    for text in (
        ' ["a"]',
        '["a"] ',
        '["a", 1]',
        '["a",]',
        '[["a"]]',
        "[a]",
        "{a}",
        "{ }",
        "[null]",
        "[ ]",
        '["\\ud800"]',
        '["\\ud83c\\udfa7", " "]',
        "[NaN]",
    )
] + [BadCell("{}", '["a", "\\ud83c"]'), BadCell("[]", "{}"), BadCell('["a"', "[[]]")]
_FOREIGN_BPM = [BadCell("92.", "9.25e1"), BadCell("-0.0", "-0.0"), BadCell("NaN", "1e-5")]
_FOREIGN_CHOICES = [BadCell("\\n"), BadCell("NULL", '"active\\ud800"'), BadCell("Published")]
_FOREIGN_TEXTS = [BadCell("\\n", '"\\ud83c"'), BadCell("\\\\N", '"\\udfa7\\ud83c"'), BadCell("\t")]
_LONGEST = {"display_name": 200, "title": 300, "reason": 500}
_NOT_FLAGS = [BadCell(text) for text in ("True", "FALSE", "yes", " true", "t", "1", "0")] + [
    BadCell("1", "1"),
    BadCell("0.0", "0.0"),
    BadCell("[true]", "[true]"),
]


def bad_cell(rng: Random, kind: str) -> BadCell | None:
    """Some cell that a column of this kind does not accept; None where it has to be missing."""
    if rng.random() < 0.2:
        return None
    if kind in WHOLE_NUMBERS:
        return rng.choice(_NOT_INTEGERS if rng.random() < 0.6 else _OUT_OF_RANGE[kind])
    if kind == "time":
        return rng.choice(_NOT_TIMES if rng.random() < 0.7 else _TIMES_OUT_OF_RANGE)
    if kind == "choice":
        return rng.choice(_NOT_CHOICES)
    if kind == "list":
        return rng.choice(_NOT_LISTS)
    if kind == "flag":
        return rng.choice(_NOT_FLAGS)
    if kind == "number":
        return rng.choice(_NOT_NUMBERS)
    longest = int(kind.partition(":")[2] or 0)
    if longest and rng.random() < 0.5:
        # Emoji are one code point but two UTF-16 units and four bytes; the first just fits.
        return BadCell(rng.choice(("\U0001f3a7" * longest, "y" * (longest + 1))))
    return rng.choice([*_NOT_TEXTS, BadCell("", '""')])


def _foreign_cell(rng: Random, column: str, kind: str) -> BadCell:
    """A cell that is next to a notation of other systems, or only just one."""
    if column in _LONGEST and rng.random() < 0.7:
        longest = _LONGEST[column]
        beat, long = "\U0001f3a7" * longest, "y" * (longest + 1)
        json_forms = (None, f'"{long[1:]}\\ud83c"', f'"\\udfa7{long[1:]}"')
        return rng.choice(
            (BadCell(beat), BadCell(beat + "\u0301"), BadCell(long, rng.choice(json_forms)))
        )
    if kind in WHOLE_NUMBERS:
        return rng.choice(_FOREIGN_NUMBERS)
    cells = {
        "time": _FOREIGN_TIMES,
        "list": _FOREIGN_LISTS,
        "number": _FOREIGN_BPM,
        "choice": _FOREIGN_CHOICES,
        "flag": _FOREIGN_CHOICES,
    }
    return rng.choice(cells.get(kind, _FOREIGN_TEXTS))


def soil(rng: Chance, entity: str, row: Row, share: float) -> list[Line]:
    """The row as a file may hold it: mostly as it is, sometimes with bad cells or a broken line."""
    lines: list[Line] = []
    if rng.random() < share / 4:
        lines.append(BrokenLine())
    if rng.random() < share:
        row = dict(row)
        kinds = KINDS[entity]
        for column in rng.sample(list(kinds), rng.choice((1, 1, 1, 2))):
            row[column] = bad_cell(rng, kinds[column])
            if rng.foreignly(0.5):
                row[column] = _foreign_cell(rng.notations, column, kinds[column])
    lines.append(row)
    return lines

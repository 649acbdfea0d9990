"""Corners of `[exports.<entity>]` that random worlds seldom reach: the product reads as the oracle.

Each case is one project, in which every entity has a table and files of its own. The oracle's own
tests (tests/oracle/test_mappings.py) say what it reads, with the arithmetic.
"""

import io
import json
import tomllib
import uuid
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.oracle.tables import compute
from tests.product import Project
from tests.test_worlds import KEYS, differences

_RULEBOOK = """
[rulebook]
name = "Corners"
version = "1"

[metadata]
fields = ["artwork", "bpm"]
complete_at_percent = 50

[collaboration]
play_min_profile_completion = 0

[plays]
min_seconds = 0
count_self_plays = true
max_per_listener_track_day = 0

[[xp.rates]]
from = 2000-01-01
upload = 10
play = 1
metadata = 5

[[levels]]
level = 1
title = "Novice"
min_xp = 0

[[achievements]]
id = "beta"
name = "Beta"
description = "Was there"
rarity = "common"
xp = 100
metric = "granted"

[leaderboards.overall]
points = 1
"""
_AS_OF = datetime(2099, 12, 31)


def _compare(folder: Path, files: Mapping[str, str | bytes], settings: str) -> None:
    project = Project(folder)
    project.mappings = settings
    project.rulebook.write_text(_RULEBOOK)
    for name, content in files.items():
        path = project.exports / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    got = project.tables(project.refresh(_AS_OF).manifest)
    tables = tomllib.loads(settings)["exports"]
    want = compute(project.exports, tomllib.loads(_RULEBOOK), _AS_OF, tables)
    wrong = [d for name in KEYS for d in differences(name, got[name], want[name])]
    assert not wrong, "\n".join(wrong)


def _producers(names: list[str], delimiter: str = ",", *, header: bool = True) -> str:
    """Producers of whom the names are written as they are."""
    columns = ["producer_id", "display_name", "joined_at", "profile_completion", "status"]
    rows = [[str(n), name, "2026-01-01", "5", "active"] for n, name in enumerate(names, 1)]
    return "".join(f"{delimiter.join(row)}\n" for row in [columns] * header + rows)


def _json(*rows: dict[str, Any]) -> str:
    return "".join(f"{json.dumps(row)}\n" for row in rows)


def _parquet(**columns: Any) -> bytes:
    sink = io.BytesIO()
    pq.write_table(pa.table(columns), sink)
    return sink.getvalue()


def test_escapes_quotes_and_nulls_of_separated_files(tmp_path: Path) -> None:
    names = [
        *(r"a\,b", r"\"a\"", r"\\", r"\n\t\r\b\0\Z", r"\a\x\-", r'"a\"b"', r'"c""d\,\n\q"'),
        *("a\\\nb", '"a\\\nb"', "a\\\rb", '"a\\\rb"', r"\N", "\\N ", r"a\"b", 'a"b', r"x\\"),
    ]
    other = ["a,b", "'a;b'", "'a''b'", '"a"', "''", "!;", "!!", "!n", "!N", "\\N", "\\n", "'!''"]
    grants = "".join(f"{n},{n},beta,2026-01-0{n},x\r\n" for n in range(1, 6))
    _compare(
        tmp_path,
        {
            "producers/2026-01-01.csv": _producers(names),
            "producers/2026-01-02.tsv": _producers([*names[1:5], "a\\\tb", "a,b"], "\t"),
            "other/a.csv": grants + "6,6\n7,NULL,beta,2026-01-01,x\n\n8,8,,nil,\\N\n",
            "other/b.tsv": grants.replace(",", "\t") + "\t\n",
            "other/c.csv.gz": b"",
            "grants/not-here.csv": "no header",
            "credits/2026-01-01.csv": "track_id;producer_id;credited_at\n"
            + "".join(f"{name};1;2026-01-01\n" for name in other),
        },
        r"""
[exports.producers]
escape = "\\"
[exports.grants]
folder = "other"
header = ["grant_id", "producer_id", "achievement_id", "granted_at", "note"]
nulls = ["NULL", "nil"]
[exports.credits]
delimiter = ";"
quote = "'"
escape = "!"
text_ids = ["track_id"]
""",
    )


def test_names_paths_and_words(tmp_path: Path) -> None:
    words = [1, 1.0, "1", "1.0", True, "true", 1.5, "1.5", 0, -1, "a", "50", [1], {"a": 1}, None]
    paths: list[dict[str, Any]] = [
        {"p": {"s": "active", "q": {"u": 7}}},
        {"p": {"s": "active", "q": 7}},
        {"p": {"s": "active", "q": [{"u": 7}]}},
        {"p": {"s": "active", "q": '{"u": 7}'}},
        {"p": {"s": "active", "q.u": 7}},
        {"p": {"s": ["active"]}},
        {"p": {"s": {"x": 1}}},
        {"p": None},
        {"p": "text", "p.s": "active", "p.q.u": 8},
        {"p": {"s": "active"}, "p.s": None},
        {"status": "active"},
    ]
    row = {"display_name": "Nova", "joined_at": "2026-01-01"}
    structs = pa.array([{"s": "on", "q": {"u": "7"}}, {"s": "active", "q": None}, None])
    column = ["Nova"] * 3
    _compare(
        tmp_path,
        {
            "producers/2026-01-01.json": _json(
                *(row | {"id": n, "profile_completion": 5} | one for n, one in enumerate(paths, 1)),
                *(
                    row | {"id": n, "p": {"s": "active"}, "profile_completion": word}
                    for n, word in enumerate(words, 100)
                ),
            ),
            "producers/2026-01-01.parquet": _parquet(
                **{"id": [201, 202, 203], "p": structs, "p.q.u": [1.0, float("nan"), 3.5]},
                display_name=column,
                joined_at=["2026-01-01", "2026-01-02", "nil"],
                profile_completion=[Decimal("1.00"), Decimal("7.00"), None],
                status=["junk"] * 3,
                listed=[1, 0, 2],
            ),
            "tracks/2026-01-01.json": _json(
                *(
                    {"track_id": n, "producer_id": 1, "title": "published", "name": "Beat"}
                    | {"published_at": "2026-01-01", "updated_at": "2026-01-01"}
                    | {"m": {"artwork": art, "bpm": bpm}}
                    for n, (art, bpm) in enumerate(
                        [(["a", None], "fast"), ("nil", 0.5), (["nil"], 0), ("[]", "0"), (5, True)]
                    )
                )
            ),
        },
        """
[exports.producers]
columns = { producer_id = "id", status = "p.s", user_id = "p.q.u" }
nulls = ["nil"]
values.profile_completion = { "1" = 50, "true" = 60, "1.5" = 70, "0" = "80", "-1" = 90, "a" = 20 }
values.status = { "on" = "active" }
values.listed = { "1" = true, "0" = false }
[exports.tracks]
columns = { status = "title", title = "name", artwork = "m.artwork", bpm = "m.bpm" }
nulls = ["nil"]
values.bpm = { "fast" = 140, "0.5" = 0, "true" = "90" }
""",
    )


def test_times_of_a_zone(tmp_path: Path) -> None:
    days = ["2026-03-29", "2026-07-05", "2026-10-25", "2099-07-05", "2000-01-01", "1999-12-31"]
    clocks = ["00:59:59.999999", "01:59", "02:00", "02:30", "03:00", "03:30:00.5"]
    texts = [*days, *(f"{day}{mark}{at}" for day in days for at in clocks for mark in "T ")]
    texts += [f"{text}{zone}" for text in texts[12:24] for zone in ("Z", " UTC", "-01:00", "+05")]
    texts += ["1783235289", "1783235289000", "2026-07-05 24:00", "2026-02-30", "0001-01-01"]
    moments = [datetime.fromisoformat(text) for text in texts[:30]] + [datetime(1700, 1, 1)]
    arrays = {
        **{unit: pa.array(moments, pa.timestamp(unit)) for unit in ("s", "ms", "us")},
        "zone": pa.array(moments, pa.timestamp("us", "America/New_York")),
        "day": pa.array([moment.date() for moment in moments], pa.date32()),
    }
    grants = {
        f"grants/{name}.parquet": _parquet(
            grant_id=range(n, n + len(moments)),
            producer_id=range(n, n + len(moments)),
            achievement_id=["beta"] * len(moments),
            granted_at=array,
        )
        for n, (name, array) in zip(range(201, 999, 50), arrays.items(), strict=False)
    }
    rows = [f"{n},{n},beta,{text}\n" for n, text in enumerate(texts, 1)]
    _compare(
        tmp_path,
        {
            "producers/2000-01-02.csv": _producers(["Nova"] * 500),
            "grants/a.csv": "grant_id,producer_id,achievement_id,granted_at\n" + "".join(rows),
            **grants,
        },
        '[exports.grants]\ntimezone = "Europe/Berlin"\n',
    )


def test_ids_that_are_texts(tmp_path: Path) -> None:
    one, none = uuid.UUID("550E8400-E29B-41D4-A716-446655440000"), uuid.UUID(int=0)
    uuids = pa.array([one.bytes, none.bytes, None], pa.binary(16))
    texts = ["7", 7, "07", " 7", "é🎧", -7, "A", "a", "", " ", "\t", True, 7.0, None, [7], {"a": 1}]
    column = ["Nova"] * 3
    row = {"display_name": "Nova", "joined_at": "2026-01-01", "profile_completion": 5}
    _compare(
        tmp_path,
        {
            "producers/2026-01-01.json": _json(
                *(row | {"producer_id": text, "status": "active"} for text in texts)
            ),
            "producers/2026-01-01.parquet": _parquet(
                producer_id=pa.array([b"7", b"\xff", b"caf\xc3\xa9"]),
                user_id=pa.ExtensionArray.from_storage(pa.uuid(), uuids),
                display_name=column,
                joined_at=["2026-01-01"] * 3,
                profile_completion=[5, 5, 5],
                status=["active"] * 3,
            ),
            "tracks/2026-01-01.csv": "track_id,producer_id,title,status,published_at,updated_at\n"
            + "".join(
                f"{n},{text},Beat,published,2026-01-01,2026-01-01\n"
                for n, text in enumerate(("7", "07", " 7", '" "', "", "\\N", "house"), 1)
            ),
            "plays/a.parquet": _parquet(
                play_id=[1, 2, 3],
                track_id=["1", "2", "x"],
                played_at=["2026-01-02"] * 3,
                listener_id=pa.ExtensionArray.from_storage(pa.uuid(), uuids),
            ),
        },
        """
[exports.producers]
text_ids = ["producer_id", "user_id"]
nulls = ["00000000-0000-0000-0000-000000000000"]
[exports.tracks]
text_ids = ["track_id", "producer_id"]
values.producer_id = { "house" = "A" }
[exports.plays]
text_ids = ["track_id", "listener_id"]
""",
    )


_ONE = "1,1,beta,2026-01-01,x\n"
_GRANTS = "grant_id,producer_id,achievement_id,granted_at,note\n"


@pytest.mark.parametrize(
    ("files", "settings"),
    [
        pytest.param(
            {
                "producers/2026-01-01.json": '{"producer_id": 7, "display_name": "a\\ud83c", '
                '"joined_at": "2026-01-01", "profile_completion": 5, "status": "active"}'
            },
            '[exports.producers]\ntext_ids = ["producer_id"]\n',
            id="an integer id beside half of a surrogate pair is its decimal text",
        ),
        pytest.param(
            {
                "grants/a.parquet": _parquet(
                    grant_id=[1], producer_id=[1], achievement_id=["a"], granted_at=["2026-01-01"]
                )
            },
            '[exports.grants]\nvalues.achievement_id = { "a" = "b", "b" = "beta" }\n',
            id="a word of a Parquet file is replaced once",
        ),
        pytest.param(
            # 04:00 UTC is before 05:00 UTC.
            {
                "producers/2026-07-05/hour=06/Zurich.csv": _producers(["Nova"]),
                "producers/2026-07-05T05Z.csv": _producers(["Zoe"]),
            },
            '[exports.producers]\ntimezone = "Europe/Berlin"\n',
            id="the name of the file after the folder of an hour is no Z",
        ),
        pytest.param(
            {"producers/part20260705-01.csv": _producers(["Nova"])},
            '[exports.producers]\nstamp = "part{YYYY}{MM}{DD}-"\n',
            id="only the digits of a stamp may not be next to others",
        ),
        pytest.param(
            {"grants/a.tsv": f"{_GRANTS}{_ONE}".replace(",", "\t").replace("x", "a\r\\\nb")},
            '[exports.grants]\nescape = "\\\\"\n',
            id="CR LF as MySQL writes it: the CR as it is, the LF escaped",
        ),
        pytest.param(
            {"producers/2026-01-01.csv": _producers([r"\\N", r'"\N"', r"\N"])},
            '[exports.producers]\nescape = "\\\\"\n',
            id="what an escape says is not the null of an unquoted cell",
        ),
        pytest.param(
            {
                "tracks/2026-01-01.csv": "track_id,producer_id,title,status,updated_at,artwork\n"
                '1,1,Beat,draft,2026-01-01,"[""\\ud800""]"\n'
            },
            '[exports.tracks]\nnulls = ["NULL"]\n',
            id="half of a surrogate pair in a written list is a bad cell",
        ),
    ],
)
def test_small_differences(files: dict[str, str | bytes], settings: str, tmp_path: Path) -> None:
    producers = {"producers/2000-01-01.csv": _producers(["Zoe"])}
    _compare(tmp_path, producers | files, settings)

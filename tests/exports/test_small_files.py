"""Small files are read together, and each contributes what it would if it was read by itself."""

import gzip
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from pipelines.exports.content import Content
from pipelines.exports.contribution import Contribution
from pipelines.exports.files import ExportFile, list_exports
from pipelines.exports.ingest import ingest
from pipelines.exports.quarantine import Quarantine
from pipelines.exports.read import read_file
from pipelines.exports.small_files import MOST_BYTES, MOST_FILES, batches, read_together
from pipelines.settings import Dialect, Dialects
from pipelines.store.store import Store

HEADER = "play_id,track_id,played_at,listener_id\n"
PLAY = '{"play_id": %d, "track_id": 1, "played_at": "2026-01-02"}\n'


def rows(first: int, count: int = 3) -> str:
    """Lines of plays whose ids begin with `first`."""
    return "".join(f"{first + n},7,2026-01-02T03:04:{n:02},\n" for n in range(count))


#: Good files: all of them are to be read together.
GOOD = {
    "one.csv": HEADER + rows(1),
    "two.csv": HEADER + rows(4, 1),
    "no-last-end.csv": HEADER + rows(10).rstrip("\n"),
    "ends-of-windows.csv": (HEADER + rows(20)).replace("\n", "\r\n"),
    "mark.csv": "\ufeff" + HEADER + rows(30),
    "two-days.csv": HEADER + "41,7,2026-01-03,5\n42,7,2026-01-02,\n43,8,2026-01-03T01:00:00,5\n",
    "ids-in-no-order.csv": HEADER + "52,7,2026-01-02,\n51,7,2026-01-02,6\n",
    "same-id-on-two-days.csv": HEADER + "61,7,2026-01-02,\n61,7,2026-01-03,\n",
    "others-a.csv": "track_id,play_id,played_at,device\n1,71,2026-01-02,tv\n",
    "others-b.csv": "track_id,play_id,played_at,device\n1,72,2026-01-02,\n",
    "quoted-a.csv": 'play_id,track_id,played_at\n"81","7","2026-01-02"\n',
    "quoted-b.csv": 'play_id,track_id,played_at\n82,"7",2026-01-02\n',
    "null-a.tsv": "play_id\ttrack_id\tplayed_at\tlistener_id\n91\t1\t2026-01-02\t\\N\n",
    "null-b.tsv": "play_id\ttrack_id\tplayed_at\tlistener_id\n92\t1\t2026-01-02\t3\n",
    "a.ndjson": PLAY % 101 + PLAY % 102,
    "b.ndjson": "\n" + PLAY % 103,
    "unknown.ndjson": '{"play_id": 104, "track_id": 1, "played_at": "2026-01-02", "x": {"y": 1}}',
}
#: Files that say something is bad, or of which it cannot be told at once that nothing is.
OTHERS = {
    "empty.csv": "",
    "header.csv": HEADER,
    "bad-row.csv": HEADER + rows(201) + "0,7,2026-01-02,\n",
    "bad-cell.csv": HEADER + rows(211) + "214,7,2026-01-02,x\n",
    "repeats.csv": HEADER + rows(221) + "221,7,2026-01-02,9\n",
    "empty-line.csv": HEADER + rows(231) + "\n",
    "cells.csv": HEADER + "241,7,2026-01-02\n242,7,2026-01-02,,\n",
    "quote.csv": HEADER + '251,7,2026-01-02,"\n',
    "quoted-comma.csv": 'play_id,track_id,played_at,by\n261,7,2026-01-02,"a,b"\n',
    "old-ends.csv": (HEADER + rows(271)).replace("\n", "\r"),
    "unnamed.csv": "play_id,track_id,played_at,\n281,7,2026-01-02,x\n",
    "no-track.csv": "play_id,played_at\n291,2026-01-02\n",
    "encoding.csv": "play_id,track_id,played_at,by\n301,7,2026-01-02,\udcff\n",
    "two-in-a-line.ndjson": PLAY % 311 + (PLAY % 312).strip() + PLAY % 313,
    "array.ndjson": "[" + (PLAY % 321).strip() + "]",
    "broken.ndjson": PLAY % 331 + "{\n",
    "bad.ndjson": PLAY % 341 + '{"play_id": 0}\n',
    "text.parquet": "no Parquet",
}


def table(first: int, **others: Any) -> pl.DataFrame:
    """Plays as Parquet has them."""
    ids = [first, first + 1]
    times = pl.Series(["2026-01-02", "2026-01-03"]).str.to_datetime(time_unit="us")
    return pl.DataFrame({"play_id": ids, "track_id": [1, 2], "played_at": times, **others})


TABLES = {
    "a.parquet": table(401),
    "b.parquet": table(403),
    "c.parquet": table(405, listener_id=[None, 2]),
    "d.parquet": table(407, listener_id=[1.0, 2.0]),
    "e.parquet": table(409, device=["tv", None]),
    "bad-row.parquet": table(-1),
    "no-row.parquet": table(411).clear(),
}


@pytest.fixture
def put(tmp_path: Path) -> Callable[..., list[ExportFile]]:
    """Puts files below the exports and lists them."""

    def put(entity: str, files: dict[str, str | bytes | pl.DataFrame]) -> list[ExportFile]:
        folder = tmp_path / "exports" / entity
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in files.items():
            if isinstance(content, pl.DataFrame):
                content.write_parquet(folder / name)
            elif isinstance(content, bytes):
                (folder / name).write_bytes(content)
            else:
                (folder / name).write_bytes(content.encode(errors="surrogateescape"))
        return list(list_exports(tmp_path / "exports", Dialects()).files)

    return put


def alone(file: ExportFile, folder: Path, dialect: Dialect) -> Contribution:
    folder.mkdir()
    with Content(file) as content:
        return read_file(file, content, folder, dialect)


def read_both_ways(
    files: list[ExportFile],
    tmp_path: Path,
    dialect: Dialect = Dialect(),  # noqa: B008
) -> set[str]:
    """Compare what is read together with each of the files by itself; gives the names of these."""
    together = set()
    for batch in batches(files):
        small = read_together(batch, dialect, lambda _file, _sha256: False)
        for file in batch:
            expected = alone(file, tmp_path / f"alone-{file.path}", dialect)
            found = small.get(expected.sha256)
            if found is None:
                continue
            together.add(file.path)
            folder = tmp_path / f"together-{file.path}"
            folder.mkdir()
            assert found.write(folder) == expected, file.path
            names = [path.name for path in (tmp_path / f"alone-{file.path}").iterdir()]
            assert names == ["rows.parquet"]
            one, other = (
                pl.read_parquet(tmp_path / f"{how}-{file.path}/rows.parquet")
                for how in ("alone", "together")
            )
            assert_frame_equal(one, other)
    return together


def test_files_that_are_read_together_contribute_the_same(
    put: Callable[..., list[ExportFile]], tmp_path: Path
) -> None:
    good = {**GOOD, **TABLES}
    packed = {f"{name}.gz": gzip.compress(text.encode()) for name, text in GOOD.items()}
    files = put("plays", {**good, **OTHERS, **packed})
    sound = {name for name in good if name not in ("bad-row.parquet", "no-row.parquet")}
    assert read_both_ways(files, tmp_path) == sound | packed.keys()


def test_so_do_those_that_the_settings_describe(
    put: Callable[..., list[ExportFile]], tmp_path: Path
) -> None:
    dialect = Dialect(
        columns={"listener_id": "user.id", "play_id": "id"},
        nulls=("-",),
        timezone="Europe/Berlin",
        text_ids=("track_id",),
    )
    line = '{"id": %d, "track_id": "t", "played_at": "2026-01-02 00:30:00", "user": %s}\n'
    files = put(
        "plays",
        {
            "a.ndjson": line % (1, '{"id": 5}'),
            "b.ndjson": line % (2, "{}") + line % (3, '{"id": "-"}'),
            "c.ndjson": line % (4, "7"),
            "a.csv": "id,track_id,played_at,user.id\n11,x,2026-01-02 00:30:00,-\n",
            "b.csv": "id,track_id,played_at,user.id\n12,y,2026-01-02T00:30:00Z,3\n",
        },
    )
    assert read_both_ways(files, tmp_path, dialect) == {file.path for file in files}


def test_events_that_a_key_identifies_without_its_day(
    put: Callable[..., list[ExportFile]], tmp_path: Path
) -> None:
    header = "adjustment_id,producer_id,xp,adjusted_at,reason\n"
    files = put(
        "adjustments",
        {
            "a.csv": header + "2,1,5,2026-01-03,late\n1,1,5,2026-01-02,early\n",
            "b.csv": header + "3,1,-5,2026-01-03,\u00e9\n",
            "twice.csv": header + "4,1,5,2026-01-03,x\n4,1,5,2026-01-02,x\n",
            "long.csv": header + f"5,1,5,2026-01-03,{'x' * 501}\n",
        },
    )
    assert read_both_ways(files, tmp_path) == {"a.csv", "b.csv"}


def test_large_files_and_dumps_are_read_by_themselves(
    put: Callable[..., list[ExportFile]],
) -> None:
    small = {f"{n:04}.csv": HEADER + rows(n) for n in range(MOST_FILES + 1)}
    put("plays", {**small, "large.csv": HEADER + "x" * MOST_BYTES})
    files = put("producers", {f"2026-01-0{n}.csv": "producer_id\n" for n in (1, 2)})
    sizes = sorted(len(batch) for batch in batches(files))
    assert sizes == [1, 1, 1, 1, MOST_FILES]


def test_many_small_files_cost_few_readings_and_known_ones_none(
    put: Callable[..., list[ExportFile]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """10,000 small files took over a minute, and one more 12 seconds."""
    sorts: list[object] = []
    opened: list[str] = []
    sort, open_ = Quarantine.sort, Content.__init__

    def sort_and_tell(*arguments: Any) -> Any:
        sorts.append(arguments)
        return sort(*arguments)

    def open_and_tell(content: Content, file: ExportFile) -> None:
        opened.append(file.path)
        open_(content, file)

    monkeypatch.setattr(Quarantine, "sort", sort_and_tell)
    monkeypatch.setattr(Content, "__init__", open_and_tell)
    monkeypatch.setattr("pipelines.exports.ingest.STILL_NS", -(10**18))
    put("plays", {f"{n:04}.csv": HEADER + rows(10 * n + 1) for n in range(500)})
    store = Store(tmp_path / "store", "version", durable=False)

    def read(previous: Any) -> Any:
        listing = list_exports(tmp_path / "exports", Dialects())
        *_, deliveries = ingest(store, listing, Dialects(), previous, lambda _done, _total: None)
        return deliveries

    first = read(None)
    assert len(first.accepted("plays")) == 500
    assert len(sorts) == 2
    sorts.clear()
    opened.clear()
    put("plays", {"later.csv": HEADER + rows(9000)})
    second = read(first)
    assert len(second.accepted("plays")) == 501
    assert (len(sorts), opened) == (1, ["later.csv"])
    assert second.files["plays"][:-1] == first.files["plays"]

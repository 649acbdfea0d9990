"""The demo exports: reproducible, complete or absent, lively, and only a little bad."""

import csv
import gzip
import io
import json
from collections import Counter
from datetime import date, datetime
from pathlib import Path

import polars as pl
import pytest
import zstandard

from cli import demo_exports
from cli.demo_exports import write_demo_exports
from cli.demo_exports.files import ENDINGS, GRANTED
from pipelines.rulebook import load_rulebook

BEATPASS = Path(__file__).parents[1] / "rules" / "beatpass.toml"
UNTIL = date(2026, 11, 1)


def write_small(folder: Path, seed: int = 7) -> Path:
    write_demo_exports(folder, seed=seed, producers=300, plays=30_000, until=UNTIL)
    return folder


@pytest.fixture(scope="module")
def exports(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_small(tmp_path_factory.mktemp("demo") / "exports")


def contents(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


Row = dict[str, object]


def read(path: Path) -> list[Row | None]:
    """The rows of a file; None for a malformed line."""
    if path.suffix == ".parquet":
        return list(pl.read_parquet(path, hive_partitioning=False).to_dicts())
    data = path.read_bytes()
    if path.suffix == ".gz":
        data = gzip.decompress(data)
    elif path.suffix == ".zst":
        data = zstandard.decompress(data)
    if ".csv" in path.name:
        header, *records = csv.reader(io.StringIO(data.decode(), newline=""))
        return [
            dict(zip(header, record, strict=True)) if len(record) == len(header) else None
            for record in records
        ]
    return [_object(line) for line in data.decode().splitlines()]


def _object(line: str) -> Row | None:
    try:
        row: Row = json.loads(line)
    except ValueError:
        return None
    return row


def rows(folder: Path) -> list[Row | None]:
    """The rows of all files of an entity, but the two that cannot be read."""
    paths = (p for p in folder.rglob("*") if p.is_file() and p.suffix != ".xlsx")
    return [row for p in sorted(paths) if p.parent.name != "resend" for row in read(p)]


def test_the_same_arguments_give_the_same_files(exports: Path, tmp_path: Path) -> None:
    assert contents(write_small(tmp_path / "again")) == contents(exports)
    assert contents(write_small(tmp_path / "other", seed=8)) != contents(exports)


def test_every_entity_and_every_format_is_there(exports: Path) -> None:
    assert {path.name for path in exports.iterdir()} == {
        *("producers", "tracks", "credits", "plays", "earnings", "grants", "adjustments")
    }
    names = [path.name for path in exports.rglob("*.*") if path.is_file()]
    for ending in (*ENDINGS, ".jsonl", ".xlsx"):
        assert any(name.endswith(ending) for name in names), ending


def test_the_broken_file_is_cut_off(exports: Path) -> None:
    [cut] = (exports / "plays" / "resend").iterdir()
    with pytest.raises(EOFError):
        gzip.decompress(cut.read_bytes())


@pytest.mark.parametrize(
    ("entity", "required"),
    [
        ("producers", ["producer_id", "display_name", "joined_at", "profile_completion"]),
        ("tracks", ["track_id", "producer_id", "title", "updated_at"]),
        ("credits", ["track_id", "producer_id", "credited_at"]),
        ("plays", ["play_id", "track_id", "played_at"]),
        ("earnings", ["earning_id", "producer_id", "amount_cents", "earned_at"]),
        ("grants", ["grant_id", "producer_id", "achievement_id", "granted_at"]),
        ("adjustments", ["adjustment_id", "producer_id", "xp", "adjusted_at", "reason"]),
    ],
)
def test_few_rows_are_bad(exports: Path, entity: str, required: list[str]) -> None:
    """The guard of 5 percent must let the demo through with room to spare."""
    found = rows(exports / entity)
    bad = sum(row is None or any(_is_bad(c, row[c]) for c in required) for row in found)
    assert bad <= 0.03 * len(found)
    if entity in ("producers", "plays", "earnings"):
        assert bad >= 3


def _is_bad(column: str, value: object) -> bool:
    if value is None or value == "":
        return True
    if column.endswith("_id") and column != "achievement_id":
        return int(str(value)) < 1
    if column == "profile_completion":
        return not 0 <= int(str(value)) <= 100
    if column == "display_name":
        return len(str(value)) > 200
    if column == "amount_cents":
        return abs(int(str(value))) > 10**12
    if column == "xp":
        return int(str(value)) == 0
    if column.endswith("_at"):
        try:
            datetime.fromisoformat(str(value))
        except ValueError:
            return True
    return False


def test_plays_are_delivered_again_and_all_ids_are_there(exports: Path) -> None:
    ids = Counter(
        int(str(row["play_id"])) for row in rows(exports / "plays") if row and row["play_id"]
    )
    assert set(range(1, 30_001)) <= ids.keys()
    assert sum(count > 1 for count in ids.values()) > 1_000


def test_popularity_is_heavy_tailed(exports: Path) -> None:
    tracks = Counter(row["track_id"] for row in rows(exports / "plays") if row)
    top = sum(count for _, count in tracks.most_common(len(tracks) // 10))
    assert top > 0.4 * tracks.total()


def test_dumps_grow_and_fill_up(exports: Path) -> None:
    dumps = sorted((exports / "tracks").glob("20*"))
    assert len(dumps) == 6  # and one more in two parts
    assert dumps[-1].name == f"{UNTIL}.ndjson"
    first, last = (
        {str(row["track_id"]): row for row in read(path) if row} for path in (dumps[0], dumps[-1])
    )
    assert first.keys() < last.keys()
    empty_then = [track for track, row in first.items() if not row["artwork"]]
    assert any(last[track]["artwork"] for track in empty_then)
    assert {row["status"] for row in last.values()} == {"draft", "published", "removed"}


def test_grants_are_of_the_achievements_that_the_rulebook_has_granted(exports: Path) -> None:
    granted = {e.id for e in load_rulebook(BEATPASS).achievements if e.metric == "granted"}
    assert set(GRANTED) == granted
    given = {row["achievement_id"] for row in rows(exports / "grants") if row}
    unknown = {"golden-ticket"}  # shows up as unmatched
    assert given & granted
    assert given - granted <= unknown | {None, ""}


def test_names_are_lively(exports: Path) -> None:
    names = "".join(str(row["display_name"]) for row in rows(exports / "producers") if row)
    assert all(piece in names for piece in ("<b>", '"', ",", "夜", "ö", "&"))


def test_a_folder_that_holds_something_is_left_alone(exports: Path) -> None:
    before = contents(exports)
    with pytest.raises(FileExistsError, match="delete it or name another folder"):
        write_small(exports)
    assert contents(exports) == before


def test_an_interrupted_run_leaves_no_folder_and_the_next_one_starts_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(demo_exports, "write_adjustments", stop)
        with pytest.raises(KeyboardInterrupt):
            write_small(tmp_path / "exports")
    assert not (tmp_path / "exports").exists()
    write_small(tmp_path / "exports")
    assert [path.name for path in tmp_path.iterdir()] == ["exports"]


def test_the_smallest_marketplace(tmp_path: Path) -> None:
    write_demo_exports(tmp_path / "exports", producers=3, plays=40, until=date(2026, 2, 28))
    assert len(list((tmp_path / "exports").iterdir())) == 7


def test_events_may_be_of_days_that_are_still_to_come(tmp_path: Path) -> None:
    """Dumps end with ``until``: one from the future would not be seen yet."""
    folder = tmp_path / "exports"
    write_demo_exports(folder, producers=30, plays=3_000, until=UNTIL, days_ahead=1)
    assert (folder / "tracks" / f"{UNTIL}.ndjson").exists()
    ahead = [row for row in read(folder / f"plays/2026/plays-{UNTIL}.ndjson") if row]
    assert any(str(row["played_at"]) > f"{UNTIL}T12" for row in ahead)

"""A comparison of two snapshots is made once, and forgotten with the first of them that goes."""

from dataclasses import replace
from datetime import datetime
from pathlib import Path

import polars as pl
import pytest

from analysis import difference as what_differs
from analysis import remembered as memory
from analysis.difference import SnapshotDifference
from analysis.remembered import remembered
from pipelines.publication import comparisons
from pipelines.publication.manifest import all_kept
from pipelines.publication.retention import retire
from pipelines.published.snapshot import PublishedSnapshot
from tests.analysis.kept import publish_three
from tests.published import ledger_row, publish_by_hand


class Comparing:
    """Stands for the long way; `asked` are the producers that it was asked about."""

    def __init__(self, before: PublishedSnapshot, after: PublishedSnapshot) -> None:
        self.asked: list[int | None] = []
        row = {"table": "progress", "number": "total_xp", "before": 5, "after": None}
        rows = [{**row, "key": str(number), "producer_id": number} for number in (1, 2**53 + 1)]
        numbers = pl.DataFrame(rows, schema_overrides={"after": pl.Int64})
        ranks = pl.DataFrame({"producer_id": [1, 2]}, schema={"producer_id": pl.Int64})
        files = pl.DataFrame({"entity": ["plays"], "what": ["new"]})
        self.found = SnapshotDifference(
            before.row, after.row, ("time",), [], True, files, numbers, numbers, ranks, files
        )

    def __call__(self, producer_id: int | None) -> SnapshotDifference:
        self.asked.append(producer_id)
        if producer_id is None:
            return self.found
        return replace(self.found.of_producer(producer_id), is_ledger_told=True)


@pytest.fixture
def pair(tmp_path: Path) -> tuple[PublishedSnapshot, PublishedSnapshot]:
    store = publish_three(tmp_path)
    before, after, _ = (PublishedSnapshot(store, manifest) for manifest in all_kept(store))
    return before, after


@pytest.fixture
def compare(pair: tuple[PublishedSnapshot, PublishedSnapshot]) -> Comparing:
    return Comparing(*pair)


Pair = tuple[PublishedSnapshot, PublishedSnapshot]


def same(one: SnapshotDifference, other: SnapshotDifference) -> bool:
    about = ("before", "after", "reasons", "rules", "is_ledger_told")
    return (
        all(getattr(one, name) == getattr(other, name) for name in about)
        and all(one.tables[name].equals(table) for name, table in other.tables.items())
        and all(one.tables[name].schema == table.schema for name, table in other.tables.items())
    )


def test_the_second_question_is_answered_from_memory(pair: Pair, compare: Comparing) -> None:
    first = remembered(*pair, None, compare)
    assert same(remembered(*pair, None, compare), first)
    assert same(remembered(*pair, 1, compare), first.of_producer(1))
    assert compare.asked == [None]
    assert [row["producer_id"] for row in first.of_producer(2**53 + 1).numbers.to_dicts()] == [
        2**53 + 1
    ]
    # The way back is another one.
    back = Comparing(pair[1], pair[0])
    assert remembered(pair[1], pair[0], None, back).before == pair[1].row
    assert back.asked == [None]


def test_a_question_about_one_producer_answers_those_about_others(
    pair: Pair, compare: Comparing
) -> None:
    assert remembered(*pair, 1, compare).numbers.height == 1
    assert remembered(*pair, None, compare).numbers.height == 2
    assert compare.asked == [None]


def test_where_the_ledger_is_not_told_of_all_it_is_remembered_of_each_who_is_asked_about(
    pair: Pair, compare: Comparing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(what_differs, "MOST_LEDGER_ROWS", -1)
    root = pair[0].root
    publish_by_hand(
        root.parent,
        "20261102T000000-dd",
        datetime(2026, 11, 2),
        xp_ledger=[ledger_row(1, datetime(2026, 11, 1).date(), "play", 5)],
    )
    pair = (pair[0], PublishedSnapshot(root, all_kept(root)[-1]))
    compare.found = replace(compare.found, is_ledger_told=False, after=pair[1].row)
    for question in (1, 1, None, None, 1, 2):
        remembered(*pair, question, compare)
    assert compare.asked == [1, None, 2]


def test_another_version_of_the_program_compares_again(
    pair: Pair, compare: Comparing, monkeypatch: pytest.MonkeyPatch
) -> None:
    remembered(*pair, None, compare)
    monkeypatch.setattr(memory, "code_version", lambda *_: "another")
    remembered(*pair, None, compare)
    assert compare.asked == [None, None]


def test_other_content_under_the_same_ids_is_compared_again(pair: Pair, compare: Comparing) -> None:
    remembered(*pair, None, compare)
    publish_by_hand(pair[0].root.parent, "20261031T000000-bb", datetime(2026, 10, 31))
    pair = (pair[0], PublishedSnapshot(pair[0].root, all_kept(pair[0].root)[1]))
    remembered(*pair, None, compare)
    assert compare.asked == [None, None]


def test_it_goes_with_either_snapshot(pair: Pair) -> None:
    root = pair[0].root
    last = PublishedSnapshot(root, all_kept(root)[-1])
    for one, other in (pair, (pair[1], last), (last, pair[0])):
        remembered(one, other, None, Comparing(one, other))
    retire(root, 2)
    [left] = (root / comparisons.FOLDER).iterdir()
    assert left.name.startswith("20261031T000000-bb_20261101T000000-cc_")
    retire(root, 1)
    assert not list((root / comparisons.FOLDER).iterdir())


def test_a_writer_that_is_killed_leaves_nothing_half(
    pair: Pair, compare: Comparing, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    folder = pair[0].root / comparisons.FOLDER
    for deadly in range(1, 7):
        written: list[Path] = []

        def write(
            data: bytes,
            path: Path,
            durable: bool,
            written: list[Path] = written,
            n: int = deadly,
        ) -> None:
            assert not durable
            if len(written) == n - 1:
                raise Killed
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
            written.append(path)

        with monkeypatch.context() as dying:
            dying.setattr(comparisons, "write_bytes", write)
            # Nothing is tidied up by a process that is gone.
            dying.setattr(comparisons, "remove_folder", lambda _: None)
            with pytest.raises(Killed):
                remembered(*pair, None, compare)
        assert all(path.name.startswith(".") for path in folder.glob("*"))
    remembered(*pair, None, compare)
    assert compare.asked == [None] * 7
    remembered(*pair, None, compare)
    assert compare.asked == [None] * 7
    retire(pair[0].root, 9)
    assert [path.name.startswith(".") for path in folder.iterdir()] == [False]


@pytest.mark.parametrize("damage", [b"", b"{}", b"PAR1"])
@pytest.mark.parametrize("file", ["comparison.json", "ranks.*.parquet"])
def test_what_is_damaged_is_made_anew(
    pair: Pair, compare: Comparing, file: str, damage: bytes
) -> None:
    remembered(*pair, None, compare)
    [path] = (pair[0].root / comparisons.FOLDER).glob(f"*/{file}")
    path.write_bytes(damage)
    remembered(*pair, None, compare)
    remembered(*pair, None, compare)
    assert compare.asked == [None, None]


def test_who_may_only_read_the_store_computes(
    pair: Pair, compare: Comparing, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Rights do not bind the superuser, as whom tests may run.
    def refuse(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr(memory, "keep_comparison", refuse)
    for _ in range(2):
        assert remembered(*pair, None, compare) is compare.found
    assert compare.asked == [None, None]

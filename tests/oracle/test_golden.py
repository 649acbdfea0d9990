"""The oracle against worked cases that others computed from the same specification.

A case is a folder of steps, each with export files, a rulebook and a time, and of the tables that
are expected after each. The cases stand beside the project, and where they are not there is
nothing to compare.
"""

import csv
import shutil
import tomllib
from datetime import datetime
from pathlib import Path

import pytest

from tests.oracle import compute

_SHARED = Path(__file__).parents[3] / "shared"
_CASES = [
    case
    for collection in ("golden", "golden-foreign")
    for case in sorted(_SHARED.glob(f"{collection}/*/"))
    if (case / "expected").is_dir()
]
_KEYS = {
    "inputs": 1,
    "progress": 1,
    "xp_ledger": 3,
    "unlocks": 2,
    "level_ups": 2,
    "leaderboard": 3,
}


@pytest.mark.skipif(not _CASES, reason=f"There are no worked cases in {_SHARED}.")
def test_there_are_cases_of_both_collections() -> None:
    assert {case.parent.name for case in _CASES} == {"golden", "golden-foreign"}


@pytest.mark.parametrize("case", _CASES, ids=lambda case: f"{case.parent.name}-{case.name}")
def test_the_oracle_computes_every_step_of_a_worked_case(case: Path, tmp_path: Path) -> None:
    exports = tmp_path / "exports"
    wrong = []
    steps = sorted(case.glob("step-*"), key=lambda step: int(step.name.removeprefix("step-")))
    for step in steps:
        _install(step, exports)
        rulebook = tomllib.loads((step / "_rulebook.toml").read_text())
        as_of = datetime.fromisoformat((step / "_as_of").read_text().strip())
        tables = compute(exports, rulebook, as_of)
        for table, width in _KEYS.items():
            expected = case / "expected" / step.name / f"{table}.csv"
            columns, want = _expected(expected, width)
            computed = [[_text(row[name]) for name in columns] for row in tables[table]]
            got = _rows(computed, width)
            if table == "inputs":
                # An entity that this oracle knows may be newer than the case.
                want, got = (
                    {key: row for key, row in rows.items() if set(row) != {"0"}}
                    for rows in (want, got)
                )
            wrong += [
                f"{step.name} {table} {key}: got {got.get(key)}, want {want.get(key)}"
                for key in sorted(want.keys() | got.keys())
                if got.get(key) != want.get(key)
            ]
    assert steps
    assert not wrong, f"{len(wrong)} rows:\n" + "\n".join(wrong[:20])


def _install(step: Path, exports: Path) -> None:
    """Copy the files of a step over those of the steps before, and delete what it lists."""
    shutil.copytree(step, exports, dirs_exist_ok=True)
    deleted = step / "_delete"
    for path in deleted.read_text().splitlines() if deleted.exists() else []:
        (exports / path).unlink(missing_ok=True)


def _expected(file: Path, width: int) -> tuple[list[str], dict[tuple[str, ...], tuple[str, ...]]]:
    with file.open(newline="") as lines:
        columns, *rows = csv.reader(lines)
    return columns, _rows(rows, width)


def _rows(rows: list[list[str]], width: int) -> dict[tuple[str, ...], tuple[str, ...]]:
    found = {tuple(row[:width]): tuple(row[width:]) for row in rows}
    assert len(found) == len(rows), "a key twice"
    return found


def _text(value: object) -> str:
    return "" if value is None else str(value)

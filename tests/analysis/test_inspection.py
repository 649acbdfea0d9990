"""`beatxp inspect`: what it proposes is pasted, and the refresh is right."""

from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from analysis.inspection.inspection import Inspection, NothingToInspect, inspect
from cli.inspect import document
from pipelines.published.snapshot import PublishedSnapshot
from pipelines.refresh import refresh
from pipelines.settings import load_settings
from tests.analysis.shapes import SHAPES, Shape

NOW = datetime(2026, 5, 1)
RULES = Path(__file__).parents[2] / "rules/beatpass.toml"
SEEN = ("display_name", "status", "total_xp", "uploads", "plays", "partners")


def _settings(folder: Path, tables: str = "") -> Path:
    (folder / "exports").mkdir(exist_ok=True)
    path = folder / "dagster_project.toml"
    path.write_text(
        f'[project]\nexports = "exports"\nstore = "store"\nrulebook = "{RULES}"\n{tables}',
        encoding="utf-8",
    )
    return path


def _inspected(folder: Path, asked: str | None = None, tables: str = "") -> Inspection:
    return inspect(load_settings(_settings(folder, tables)), asked, NOW)


def _published(folder: Path, tables: str) -> list[tuple[Any, ...]]:
    settings = load_settings(_settings(folder, tables))
    outcome = refresh(settings, as_of=NOW)
    snapshot = PublishedSnapshot(settings.project.store, outcome.manifest)
    return snapshot.scan("progress").select(SEEN).sort("display_name").collect().rows()


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.__name__)
def test_what_is_proposed_is_pasted_and_the_refresh_is_right(tmp_path: Path, shape: Shape) -> None:
    """Ann has 19 plays of 39 on a track of hers, which is published: 100 XP, and 100 for her first
    upload; Bob is suspended; Cä has the plays of a track that was removed.
    """
    shape(tmp_path / "exports")
    proposed = document(_inspected(tmp_path))["settings"]
    [ann, bob, ca] = _published(tmp_path, proposed)
    assert ann == ('Ann "A"', "active", 100 + 100 + 20, 1, 20, 0)
    assert bob == ("Bob, jr", "suspended", 0, 0, 0, 0)
    assert ca == ("Cä\\d", "active", 19, 0, 19, 0)
    # What is as proposed has nothing more to propose.
    assert document(_inspected(tmp_path, tables=proposed))["settings"] == ""


def _write(folder: Path, name: str, text: str) -> None:
    path = folder / "exports" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def test_what_is_wrong_is_said_with_an_example(tmp_path: Path) -> None:
    _write(
        tmp_path,
        "plays/a.csv",
        "play_id,track_id,played_at,listener_id,extra\n1,7,2027-01-01,x y,\nz,7,soon,,\n",
    )
    _write(tmp_path, "plays/notes.txt", "")
    _write(tmp_path, "playz/a.csv", "")
    found = _inspected(tmp_path)
    [plays] = [one for one in found.entities if one.entity == "plays"]
    text = "\n".join([*found.problems, *plays.problems])
    assert "The folder playz is no entity's" in text
    assert "plays/notes.txt" in text
    assert "1 row would be rejected, play_id:type, such as 'z'." in text
    assert "1 cell of listener_id would mean nothing, such as 'x y'." in text
    assert "Columns that mean nothing here: extra." in text
    assert "All times lie in the future: nothing counts yet." in text


def test_local_times_are_a_hint(tmp_path: Path) -> None:
    _write(tmp_path, "plays/a.csv", "play_id,track_id,played_at\n1,7,2026-01-01 10:00:00\n")
    [plays] = _inspected(tmp_path, "plays").entities
    assert "timezone" in plays.hints[0]
    [plays] = _inspected(tmp_path, "plays", '[exports.plays]\ntimezone = "Europe/Berlin"').entities
    assert plays.hints == []
    assert plays.rows["played_at"].to_list() == [datetime(2026, 1, 1, 9)]


def test_a_column_that_is_null_throughout_is_named(tmp_path: Path) -> None:
    _write(tmp_path, "plays/a.csv", "play_id,track_id,played_at,listener_id\n1,7,2026-01-01,\n")
    [plays] = _inspected(tmp_path, "plays").entities
    assert "listener_id is null throughout." in plays.problems


def test_dumps_that_melt_into_one_are_told_apart_by_a_template(tmp_path: Path) -> None:
    for hour in ("06", "12"):
        _write(
            tmp_path,
            f"credits/20260401-{hour}00.csv",
            "track_id,producer_id,credited_at\n1,2,2026-01-01\n3,4,2026-01-01\n",
        )
    [credits] = _inspected(tmp_path, "credits").entities
    assert "several dumps may be taken for one" in "".join(credits.problems)
    assert credits.table == {"stamp": "{YYYY}{MM}{DD}-{HH}{mm}"}


def test_one_file_is_asked_for_by_its_path_or_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a", "b"):
        _write(tmp_path, f"plays/{name}.csv", "play_id,track_id,played_at\n1,7,2026-01-01\n")
    monkeypatch.chdir(tmp_path)
    for asked in ("plays/a.csv", "exports/plays/a.csv", str(tmp_path / "exports/plays/a.csv")):
        [plays] = _inspected(tmp_path, asked).entities
        assert [look.file.path for look in plays.looks] == ["a.csv"]
    with pytest.raises(NothingToInspect, match=r"did you mean \"plays\""):
        _inspected(tmp_path, "playz")


def test_somebody_may_be_called_null(tmp_path: Path) -> None:
    _write(
        tmp_path,
        "producers/2026-04-01.csv",
        "producer_id,display_name,joined_at,profile_completion,status\n"
        "1,NULL,2026-01-01,5,active\n",
    )
    [producers] = _inspected(tmp_path, "producers").entities
    assert (producers.changed, producers.rows["display_name"].to_list()) == ([], ["NULL"])


def test_large_files_are_looked_at_from_their_beginning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("analysis.inspection.look.MOST_BYTES", 1_000)
    monkeypatch.setattr("analysis.inspection.look.MOST_ROWS", 50)
    _write(
        tmp_path,
        "plays/a.csv",
        "play_id,track_id,played_at\n" + "".join(f"{n},7,2026-01-01\n" for n in range(1, 200)),
    )
    rows = pl.DataFrame({"play_id": range(1, 200), "track_id": 7, "played_at": "2026-01-01"})
    rows.write_parquet(tmp_path / "exports/plays/b.parquet")
    [plays] = _inspected(tmp_path, "plays").entities
    assert [look.is_whole for look in plays.looks] == [False, False]
    assert 10 < plays.looks[0].account.rows_read < 150
    assert plays.looks[1].account.rows_read == 50
    assert plays.changed == []


@pytest.mark.parametrize(
    "name", ["plays/a.csv", "plays/a.json", "plays/a.parquet", "plays/a.csv.gz"]
)
def test_what_cannot_be_read_is_told_and_stops_nothing(tmp_path: Path, name: str) -> None:
    path = tmp_path / "exports" / name
    path.parent.mkdir(parents=True)
    path.write_bytes(b"\x00\xff{[\x01")
    [plays] = _inspected(tmp_path, "plays").entities
    assert plays.problems
    path.unlink()
    path.symlink_to("nowhere")
    [plays] = _inspected(tmp_path, "plays").entities
    assert "link to nothing" in plays.problems[0]

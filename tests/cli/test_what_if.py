"""What other rules and other moments would give, on the command line."""

import json
import os
from datetime import datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner, Result

from cli.commands import app
from pipelines.publication.manifest import all_kept, current
from tests.product import Project
from tests.worlds import World


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Three snapshots: the second of another moment, the third of another rulebook."""
    project = Project(tmp_path_factory.mktemp("what-if"))
    first, second, *_ = World(0, foreign=0.0).steps
    first.install(project.exports)
    project.rulebook.write_text(first.rulebook_toml)
    project.refresh(first.as_of)
    second.install(project.exports)
    project.refresh(second.as_of)
    project.rulebook.write_text(World(100).steps[0].rulebook_toml)
    project.refresh(second.as_of)
    return project


def beatxp(project: Project, *arguments: str) -> Result:
    project.settings()
    config = str(project.folder / "store.toml")
    return CliRunner(env={"COLUMNS": "80"}).invoke(app, ["--config", config, *arguments])


def kept(project: Project) -> list[str]:
    return [m.snapshot.snapshot_id for m in all_kept(project.settings().project.store)]


def test_another_moment_is_shown_as_a_refresh_would_publish_it(project: Project) -> None:
    first = all_kept(project.settings().project.store)[0].snapshot
    shown = beatxp(project, "at", first.as_of.isoformat(), "show", "1", "--json")
    assert shown.exit_code == 0, shown.output
    found = json.loads(shown.stdout)
    refreshed = project.refresh(first.as_of, "other").manifest
    assert found["snapshot"]["content_sha256"] == refreshed.snapshot.content_sha256
    said = beatxp(project, "at", first.as_of.isoformat(), "leaderboard", "plays").output
    assert "nothing is published" in " ".join(said.split())
    assert "Dumps in force: producers " in " ".join(said.split())
    assert current(project.settings().project.store).snapshot.snapshot_id == kept(project)[-1]


def test_another_moment_is_explained_as_the_snapshot_that_a_refresh_would_publish(
    project: Project,
) -> None:
    first = all_kept(project.settings().project.store)[0].snapshot
    project.refresh(first.as_of, "explained")
    published = str(project.folder / "explained.toml")
    asked = ("explain", "1", "--json")
    expected = json.loads(CliRunner().invoke(app, ["--config", published, *asked]).stdout)
    found = json.loads(beatxp(project, "at", first.as_of.isoformat(), *asked).stdout)
    # It is not published, so it has no id, and nothing that it could be compared with.
    assert found.pop("is_as_published") is None
    assert expected.pop("is_as_published")
    unknown = {"snapshot_id": None, "published_at": None}
    assert found == expected | {"snapshot": expected["snapshot"] | unknown}
    said = beatxp(project, "at", first.as_of.isoformat(), "explain", "1").output
    assert "nothing is published" in " ".join(said.split())


def test_another_moment_is_asked_in_sql(project: Project) -> None:
    first = all_kept(project.settings().project.store)[0].snapshot
    refreshed = project.refresh(first.as_of, "asked").manifest.snapshot
    query = "SELECT count(*) AS n FROM progress"
    said = beatxp(project, "at", first.as_of.isoformat(), "sql", query, "--json")
    assert json.loads(said.stdout)["rows"] == [{"n": refreshed.producers}]
    said = beatxp(project, "at", "2000-01-01", "sql", "SELECT count(*) AS n FROM snapshots")
    assert said.stdout.split() == ["n", "1"]


def test_before_the_first_data_there_is_nothing_and_no_snapshot_is_named(project: Project) -> None:
    for command in (("show", "1"), ("explain", "1"), ("leaderboard", "plays", "--around", "1")):
        said = beatxp(project, "at", "2000-01-01", *command)
        assert said.exit_code == 2
        sentence = " ".join(said.output.split())
        assert "There are no producers as of 2000-01-01 00:00:00 (UTC)" in sentence
        assert "snapshot" not in sentence
    said = beatxp(project, "at", "2000-01-01", "leaderboard", "plays")
    assert "Counts nothing: no event and no dump is dated before." in " ".join(said.output.split())
    said = beatxp(project, "at", "2000-01-01", "rejects", "--json")
    assert json.loads(said.stdout)["snapshot"]["snapshot_id"] is None


def test_another_moment_under_another_rulebook(project: Project, tmp_path: Path) -> None:
    rules = tmp_path / "rules.toml"
    rules.write_text(World(101).steps[0].rulebook_toml)
    shown = beatxp(project, "at", "--rulebook", str(rules), "2027-01-01", "rejects", "--json")
    assert json.loads(shown.stdout)["snapshot"]["as_of"] == "2027-01-01T00:00:00Z"


def test_of_another_moment_there_is_one_snapshot(project: Project) -> None:
    for command in (("show", "1"), ("explain", "1"), ("sql", "FROM levels")):
        said = beatxp(project, "at", "2027-01-01", *command, "--snapshot", kept(project)[0])
        assert said.exit_code == 2
        assert "no --snapshot" in said.output


def test_a_moment_must_be_a_time(project: Project) -> None:
    said = beatxp(project, "at", "yesterday", "show", "1")
    assert said.exit_code == 2
    assert "'yesterday' is not a time" in said.output


@pytest.mark.parametrize(
    "command", [("simulate", "{}"), ("at", "--rulebook", "{}", "2027-01-01", "show", "1")]
)
def test_a_rulebook_with_mistakes_lists_them(
    project: Project, tmp_path: Path, command: tuple[str, ...]
) -> None:
    rules = tmp_path / "rules.toml"
    rules.write_text("[rulebook]\nname = 1\n")
    said = beatxp(project, *(part.format(rules) for part in command))
    assert said.exit_code == 2
    assert "rulebook.name" in said.output


def test_a_simulation_for_scripts(project: Project, tmp_path: Path) -> None:
    rules = tmp_path / "rules.toml"
    rules.write_text(World(0).steps[0].rulebook_toml)
    found = json.loads(beatxp(project, "simulate", str(rules), "--json").stdout)
    assert found["before"]["snapshot_id"] == kept(project)[-1]
    assert found["after"]["rulebook_sha256"] != found["before"]["rulebook_sha256"]
    assert not {"snapshot_id", "content_sha256"} & found["after"].keys()
    assert found["rules"]
    assert found["producers"]["all"] >= len(found["gain_most"])


def test_totals_are_told_where_they_are_not_the_sums_of_the_sources(
    project: Project, tmp_path: Path
) -> None:
    """`snapshots` tells the sum of total XP: more than the ledger's if somebody is below 0."""
    rules = tmp_path / "rules.toml"
    rules.write_text(World(0).steps[0].rulebook_toml)
    said = beatxp(project, "simulate", str(rules), "--parquet", str(tmp_path)).stdout
    tables = [pl.read_parquet(tmp_path / f"{name}.parquet") for name in ("producers", "sources")]
    totals, sums = (t.select(pl.col("xp_before", "xp_after").sum()).row(0) for t in tables)
    assert totals != sums
    told = f"Total XP, which is never below 0: {totals[0]:,} before, {totals[1]:,} after."
    assert told in " ".join(said.split())


def test_snapshots_tell_both_sums_where_they_differ(project: Project) -> None:
    """`report` told the ledger's, and nothing said why it was another one."""
    listed = json.loads(beatxp(project, "snapshots", "--json").stdout)["snapshots"]
    sums = {(one["total_xp"], one["ledger_xp"]) for one in listed}
    for manifest, one in zip(all_kept(project.settings().project.store), listed, strict=True):
        tables = project.tables(manifest)
        assert one["total_xp"] == sum(row["total_xp"] for row in tables["progress"])
        assert one["ledger_xp"] == sum(row["xp"] for row in tables["xp_ledger"])
    said = " ".join(beatxp(project, "snapshots").stdout.split())
    assert any(total != ledger for total, ledger in sums)
    for total, ledger in sums:
        told = f" ({ledger:,} in the ledger; a producer's total is never below 0)"
        assert f"{total:,} XP{told if total != ledger else ''}, content" in said


def test_rules_that_do_not_apply_yet_and_absurd_ones_are_told(
    project: Project, tmp_path: Path
) -> None:
    """A rate of the future was simulated to "rises for 0" without a word."""
    row = current(project.settings().project.store).snapshot
    rules = tmp_path / "rules.toml"
    rules.write_text(f"{project.rulebook.read_text()}\n[[xp.rates]]\nfrom = 2095-01-01\nplay = 9\n")
    said = beatxp(project, "simulate", str(rules))
    assert said.exit_code == 0, said.output
    words = " ".join(said.stdout.split())
    last = (row.as_of - timedelta(microseconds=1)).date()
    assert f"no difference before 2095-01-01, and the last day that counts is {last}." in words
    assert "XP rises for 0" in words
    assert "(from 2095-01-01).from: is 2095-01-01, over 10 years from now" in words
    found = json.loads(beatxp(project, "simulate", str(rules), "--json").stdout)
    assert any("Does not apply yet" in sentence for sentence in found["rules"])
    assert any("2095" in doubt["key"] for doubt in found["warnings"])


def test_the_rules_that_are_in_force_are_said_to_change_nothing(
    project: Project, tmp_path: Path
) -> None:
    rules = tmp_path / "rules.toml"
    rules.write_text(f"# The same.\n{project.rulebook.read_text()}")
    said = beatxp(project, "simulate", str(rules))
    assert said.exit_code == 0, said.output
    assert said.stdout.splitlines()[2:] == ["Both rulebooks say the same, so nothing changes."]


def test_a_refresh_in_a_store_of_its_own(project: Project, tmp_path: Path) -> None:
    before = kept(project)
    store = tmp_path / "august"
    said = beatxp(project, "refresh", "--as-of", "2027-01-01", "--store", str(store), "--json")
    assert current(store).snapshot.as_of == datetime(2027, 1, 1)
    assert json.loads(said.stdout.splitlines()[-1])["published"]
    assert kept(project) == before
    lost = beatxp(project, "refresh", "--store", str(tmp_path / "no" / "store"))
    assert lost.exit_code == 2
    assert "There is no folder" in lost.output


@pytest.mark.parametrize(
    "command",
    [
        ("simulate", "RULES", "--csv", "PLACE/tables"),
        ("simulate", "RULES", "--report", "PLACE/a.html"),
        ("diff", "FIRST", "--parquet", "PLACE/new/tables"),
        ("explain", "1", "--csv", "PLACE"),
        ("report", "PLACE/a.html"),
        ("sql", "FROM levels", "--csv", "PLACE/a.csv"),
        ("catalog", "PLACE/a.duckdb"),
    ],
)
def test_a_folder_without_rights_is_told_before_anything_is_computed(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
) -> None:
    """It was told at the end, as an errno with the hidden name of an unfinished file."""
    # Rights do not bind the superuser, as whom tests may run: so the question is answered here.
    monkeypatch.setattr(
        "os.access", lambda path, mode: not mode & os.W_OK or Path(path) != tmp_path
    )
    meant = {"RULES": str(project.rulebook), "FIRST": kept(project)[0]}
    said = beatxp(
        project, *(meant.get(word, word.replace("PLACE", str(tmp_path))) for word in command)
    )
    assert said.exit_code == 2, said.output
    assert f"Youmaynotwriteinthefolder{tmp_path};" in "".join(said.stderr.split())
    assert list(tmp_path.iterdir()) == []


def test_a_difference_in_words_and_for_scripts(project: Project) -> None:
    first, second, third = kept(project)
    said = beatxp(project, "diff", first, second)
    assert said.exit_code == 0, said.output
    assert "Late or corrected events" in said.output
    assert "Changed rules" in beatxp(project, "diff", second).output
    found = json.loads(beatxp(project, "diff", first, third, "--json").stdout)
    assert "rulebook" in found["reasons"]
    assert found["numbers"]
    # The current snapshot is the second one where none is named.
    same = beatxp(project, "diff", third)
    assert "Both are the same snapshot" in same.output


def test_what_is_compared_fits_the_terminal(project: Project, tmp_path: Path) -> None:
    (tmp_path / "rules.toml").write_text(World(0).steps[0].rulebook_toml)
    first, second, third = kept(project)
    for command in (
        ("diff", first, third),
        ("diff", first, second, "--producer", "1"),
        ("simulate", str(tmp_path / "rules.toml")),
        ("rules", "diff", first, third),
        ("explain", "1", "--source", "upload"),
    ):
        said = beatxp(project, *command)
        assert said.exit_code == 0, said.output
        # Nothing comes before it where there is no terminal for a progress bar.
        assert said.stderr == ""
        wide = [line for line in said.stdout.splitlines() if len(line.rstrip()) > 80]
        # Only a path that is too long by itself.
        assert [line for line in wide if len(line.split()) > 1] == []


def test_the_difference_of_one_producer(project: Project) -> None:
    first, second, _ = kept(project)
    found = json.loads(beatxp(project, "diff", first, second, "--producer", "1", "--json").stdout)
    assert {row["producer_id"] for row in found["numbers"]} == {"1"}
    said = beatxp(project, "diff", first, second, "--producer", "1")
    assert "total_xp" in said.output


def test_a_snapshot_that_is_not_kept(project: Project) -> None:
    said = beatxp(project, "diff", "20200101T000000000000-nothing")
    assert said.exit_code == 2
    assert "There is no snapshot" in said.output


@pytest.mark.parametrize(
    "command", [("report", "rules.toml"), ("simulate", "rules.toml", "--report", "rules.toml")]
)
def test_a_web_page_never_replaces_a_file_of_another_kind(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("rules.toml").write_text(World(0).steps[0].rulebook_toml)
    before = Path("rules.toml").read_text()
    said = beatxp(project, *command)
    assert said.exit_code == 2
    assert "let it end in .html" in " ".join(said.output.split())
    assert Path("rules.toml").read_text() == before


def test_a_producer_who_is_no_longer_there_can_be_asked_about(tmp_path: Path) -> None:
    project = Project(tmp_path)
    head = "producer_id,display_name,joined_at,profile_completion,status\n"
    dump = project.exports / "producers/2026-01-01.csv"
    dump.parent.mkdir(parents=True)
    dump.write_text(head + "1,Ada,2026-01-01,100,active\n2,Gone,2026-01-01,100,active\n")
    project.rulebook.write_text(World(0).steps[0].rulebook_toml)
    project.refresh(datetime(2026, 3, 1))
    dump.write_text(head + "1,Ada,2026-01-01,100,active\n")
    project.refresh(datetime(2026, 3, 1))
    first, _ = kept(project)
    said = beatxp(project, "diff", first, "--producer", "Gone", "--json")
    assert said.exit_code == 0, said.output
    assert {row["after"] for row in json.loads(said.stdout)["numbers"]} == {None}

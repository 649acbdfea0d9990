"""A simulation is what a refresh under that rulebook publishes, and its tables say what differs."""

import shutil
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from analysis.scenario import open_sandbox
from analysis.simulation import Simulation, simulate
from pipelines.boards.periods import calendar
from pipelines.exports.restore import ExportFilesGone
from pipelines.publication.manifest import Manifest
from pipelines.published.snapshot import open_snapshot
from pipelines.rulebook import parse_rulebook
from tests.product import Project
from tests.worlds import World

Rows = dict[str, list[dict[str, Any]]]


@pytest.mark.parametrize("seed", range(2))
def test_a_simulation_is_a_refresh_under_that_rulebook(seed: int, tmp_path: Path) -> None:
    steps = World(seed).steps
    project = Project(tmp_path)
    steps[0].install(project.exports)
    project.rulebook.write_text(steps[0].rulebook_toml)
    published = project.refresh(steps[0].as_of).manifest
    other = World(seed + 100).steps[0].rulebook_toml
    rules = parse_rulebook(other.encode(), "other")

    for as_of in (None, steps[-1].as_of.replace(tzinfo=None)):
        simulated = simulate(project.settings(), rules, as_of)
        moment = as_of or published.snapshot.as_of
        before = project.refresh(moment, "before").manifest
        project.rulebook.write_text(other)
        after = project.refresh(moment, "after").manifest
        project.rulebook.write_text(steps[0].rulebook_toml)
        assert simulated.is_published == (as_of is None)
        assert simulated.before.as_of == simulated.after.as_of == moment
        check(simulated, project.tables(before, "before"), project.tables(after, "after"))
    assert open_snapshot(project.settings().project.store).manifest == published


@pytest.mark.parametrize("seed", range(2))
def test_what_is_simulated_is_table_by_table_what_a_refresh_publishes(
    seed: int, tmp_path: Path
) -> None:
    step = World(seed).steps[0]
    project = Project(tmp_path)
    step.install(project.exports)
    project.rulebook.write_text(step.rulebook_toml)
    published = project.refresh(step.as_of).manifest
    other = World(seed + 100).steps[0].rulebook_toml
    project.rulebook.write_text(other)
    refreshed = project.refresh(published.snapshot.as_of, "other").manifest
    boards_begin = min(first for _, first, _ in calendar(refreshed.snapshot.as_of))
    for first in (None, boards_begin):
        with open_sandbox(project.settings(), ledger_from=first) as sandbox:
            snapshot = sandbox.opened(open_snapshot(project.settings().project.store))
            scenario = sandbox.scenario_of(snapshot)
            rules = parse_rulebook(other.encode(), "other")
            derived = sandbox.derive(replace(scenario, rulebook=rules)).snapshot.manifest
        expected = digests(refreshed)
        if first is not None:
            expected["xp_ledger"] = [d for d in expected["xp_ledger"] if d[0] >= str(first)]
        assert digests(derived) == expected


def digests(manifest: Manifest) -> dict[str, list[tuple[str, str]]]:
    return {
        name: [(part.partition, part.digest) for part in parts]
        for name, parts in manifest.tables.items()
    }


def check(simulated: Simulation, before: Rows, after: Rows) -> None:
    progress = [{row["producer_id"]: row for row in t["progress"]} for t in (before, after)]
    told = {row["producer_id"]: row for row in simulated.producers.to_dicts()}
    assert told.keys() == progress[0].keys() | progress[1].keys()
    for producer, row in told.items():
        one, other = (rows.get(producer, {}) for rows in progress)
        assert row["xp_before"] == one.get("total_xp")
        assert row["xp_after"] == other.get("total_xp")
        assert row["xp_change"] == other.get("total_xp", 0) - one.get("total_xp", 0)
        assert (row["level_before"], row["level_after"]) == (one.get("level"), other.get("level"))
    changes = [row["xp_change"] for row in simulated.producers.to_dicts()]
    assert changes == sorted(changes, reverse=True)

    matrix = Counter((row["level_before"], row["level_after"]) for row in told.values())
    assert {(b, a): n for b, a, n in simulated.levels.iter_rows()} == matrix

    for source, was, now, change in simulated.sources.iter_rows():
        sums = [
            sum(r["xp"] for r in t["xp_ledger"] if r["source"] == source) for t in (before, after)
        ]
        assert [was, now, change] == [*sums, sums[1] - sums[0]]

    check_achievements(simulated, before, after)
    check_boards(simulated, before, after)


def check_achievements(simulated: Simulation, before: Rows, after: Rows) -> None:
    unlocked = [
        {(r["producer_id"], r["achievement_id"]): r["unlocked_at"] for r in t["unlocks"]}
        for t in (before, after)
    ]
    told = {row["achievement_id"]: row for row in simulated.achievements.to_dicts()}
    known = [{r["achievement_id"]: r for r in t["achievements"]} for t in (before, after)]
    assert told.keys() == known[0].keys() | known[1].keys()
    for name, row in told.items():
        one, other = (
            {p: at for (p, achievement), at in rows.items() if achievement == name}
            for rows in unlocked
        )
        assert (row["holders_before"], row["holders_after"]) == (len(one), len(other))
        assert row["reached"] == len(other.keys() - one.keys())
        assert row["lost"] == len(one.keys() - other.keys())
        assert row["sooner"] == sum(other[p] < one[p] for p in one.keys() & other.keys())
        assert row["later"] == sum(other[p] > one[p] for p in one.keys() & other.keys())
        assert row["xp_before"] == known[0].get(name, {}).get("xp")
        assert row["xp_after"] == known[1].get(name, {}).get("xp")


def check_boards(simulated: Simulation, before: Rows, after: Rows) -> None:
    for row in simulated.boards.to_dicts():
        one, other = (
            {
                r["producer_id"]: r["rank"]
                for r in t["leaderboard"]
                if (r["category"], r["period"]) == (row["category"], row["period"])
            }
            for t in (before, after)
        )
        both = one.keys() & other.keys()
        moves = [one[producer] - other[producer] for producer in both]
        assert (row["ranked_before"], row["ranked_after"]) == (len(one), len(other))
        assert row["entered"] == len(other.keys() - one.keys())
        assert row["left"] == len(one.keys() - other.keys())
        assert row["moved"] == sum(move != 0 for move in moves)
        assert row["greatest_rise"] == max([0, *moves])
        assert row["greatest_fall"] == max([0, *(-move for move in moves)])
        for top in (10, 100):
            assert row[f"top_{top}_before"] == sum(rank <= top for rank in one.values())
            still = sum(one[producer] <= top and other[producer] <= top for producer in both)
            assert row[f"top_{top}_kept"] == still


def test_at_a_time_only_the_files_that_are_present_are_needed(tmp_path: Path) -> None:
    step = World(0).steps[0]
    project = Project(tmp_path)
    step.install(project.exports)
    project.rulebook.write_text(step.rulebook_toml)
    project.refresh(step.as_of)
    settings = project.settings()
    shutil.rmtree(settings.project.store / "work")
    file = open_snapshot(settings.project.store).scan("files").collect()
    entity, name = file.filter(pl.col("rows_read") > 0).select("entity", "file").row(0)
    (project.exports / entity / name).unlink()
    rules = parse_rulebook(World(100).steps[0].rulebook_toml.encode(), "other")
    as_of = step.as_of.replace(tzinfo=None)
    with pytest.raises(ExportFilesGone):
        simulate(settings, rules)
    simulated = simulate(settings, rules, as_of)
    fresh = project.refresh(as_of, "fresh").manifest
    told = dict(simulated.producers.select("producer_id", "xp_before").iter_rows())
    progress = project.tables(fresh, "fresh")["progress"]
    assert told == {row["producer_id"]: row["total_xp"] for row in progress}

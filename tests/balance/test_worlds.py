"""Every figure of the report, over random worlds, beside what plain Python makes of the exports.

What caps, boosts and the gate do is found by computing the world again without them (with the
oracle), listeners and tracks by counting its plays one by one.
"""

import math
import shutil
import statistics
from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import polars as pl
import pytest

from analysis.balance import Balance, balance, headlines, render
from analysis.balance import gate as gates
from analysis.balance import inputs as deliveries
from analysis.balance import ledger as ledgers
from analysis.balance.delivered import delivered_plays, ids_of
from analysis.balance.listening import listening
from analysis.balance.report import Unavailable
from analysis.balance.unusual import Outliers
from analysis.scenario import Derived, Sandbox, Scenario, open_sandbox
from pipelines.publication.manifest import all_kept, current
from pipelines.published.snapshot import PublishedSnapshot, open_snapshot
from pipelines.settings import Settings
from tests.document.html import read
from tests.oracle.clock import micros_of
from tests.oracle.inputs import read_all
from tests.oracle.stamps import stamp_of as stamp_in
from tests.oracle.tables import compute
from tests.product import EVERY_STEP, Project
from tests.worlds import World

EPOCH = date(1970, 1, 1)
DAY = 86_400_000_000


@dataclass(frozen=True)
class Case:
    """A world after its last step: its report, and what it is made from.

    `reported`: what was reported of each snapshot when it was the published one.
    """

    figures: Balance
    reported: dict[str, Balance]
    settings: Settings
    rulebook: dict[str, Any]
    as_of: datetime
    exports: Path
    root: Path
    tables: dict[str, list[dict[str, Any]]]

    def under(self, **changes: Any) -> dict[tuple[int, date, str], tuple[int, int]]:
        """The ledger under another rulebook: quantity and XP by producer, day and source."""
        rows = compute(self.exports, {**self.rulebook, **changes}, self.as_of)["xp_ledger"]
        return {(r["producer_id"], r["day"], r["source"]): (r["quantity"], r["xp"]) for r in rows}


#: Worlds with two to five snapshots, gates that withhold plays, boosts and caps.
SEEDS = (309, 313, 317, 320)


@pytest.fixture(scope="module", params=SEEDS)
def case(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Case:
    project = Project(tmp_path_factory.mktemp("world"))
    root = project.folder / "store"
    reported = {}
    for step in World(request.param).steps:
        step.install(project.exports)
        project.rulebook.write_text(step.rulebook_toml)
        manifest = project.refresh(step.as_of).manifest
        settings = project.settings()
        reported[manifest.snapshot.snapshot_id] = balance(settings, open_snapshot(root))
    return Case(
        reported[manifest.snapshot.snapshot_id],
        reported,
        settings,
        step.rulebook,
        step.as_of,
        project.exports,
        root,
        project.tables(manifest),
    )


def test_xp_by_source_and_month(case: Case) -> None:
    sums: Counter[tuple[date, str]] = Counter()
    amounts: Counter[tuple[date, str]] = Counter()
    for (_, day, source), (quantity, xp) in case.under().items():
        sums[day.replace(day=1), source] += xp
        amounts[day.replace(day=1), source] += quantity
    months = ledgers.by_month(case.figures.ledger_days)
    found = {(row["month"], row["source"]): row for row in months.to_dicts()}
    assert {key: row["xp"] for key, row in found.items()} == {key: sums[key] for key in amounts}
    assert {key: row["quantity"] for key, row in found.items()} == dict(amounts)


def test_caps_and_boosts_are_what_the_world_would_be_without_them(case: Case) -> None:
    # Achievements and levels follow from activity alone, so other rows stay as they are.
    real = case.under()
    xp = case.rulebook["xp"]
    uncapped = case.under(xp={key: part for key, part in xp.items() if key != "daily_caps"})
    plain = case.under(xp={key: part for key, part in xp.items() if key != "boosts"})
    lost: Counter[str] = Counter()
    gained: Counter[str] = Counter()
    capped: Counter[str] = Counter()
    for key, (_, points) in real.items():
        lost[key[2]] += uncapped[key][1] - points
        gained[key[2]] += points - plain[key][1]
        capped[key[2]] += uncapped[key][1] > points
    for row in ledgers.by_source(case.figures.ledger_days).to_dicts():
        source = row["source"]
        assert row["lost_to_caps"] == lost[source]
        assert row["gained_from_boosts"] == gained[source]
        assert row["capped"] == capped[source]
    told = headlines(case.figures)
    assert told["xp_lost_to_caps"] == lost.total()
    assert told["xp_gained_from_boosts"] == gained.total()


def test_the_gate_withholds_what_an_open_gate_would_give(case: Case) -> None:
    shut = case.under()
    opened = case.under(collaboration={"play_min_profile_completion": 0})
    wanted = {}
    for (producer, day, source), (plays, xp) in opened.items():
        had = shut.get((producer, day, source), (0, 0))
        if source == "play" and plays > had[0]:
            wanted[day, producer] = (plays - had[0], xp - had[1])
    withheld = case.figures.withheld
    assert isinstance(withheld, pl.DataFrame)
    found = {(day, producer): (plays, xp) for day, producer, plays, xp in withheld.rows()}
    assert found == wanted
    months = gates.by_month(withheld)
    assert months["plays"].sum() == sum(plays for plays, _ in wanted.values())
    assert months["producers"].to_list() == [
        len({who for day, who in wanted if day.replace(day=1) == month})
        for month in months["month"]
    ]
    if wanted:
        first = gates.by_producer(withheld).row(0, named=True)
        of_all: Counter[int] = Counter()
        for (_, who), (_, xp) in wanted.items():
            of_all[who] += xp
        assert first["xp"] == max(of_all.values()) == of_all[first["producer_id"]]


def test_levels_and_the_days_they_took(case: Case) -> None:
    progress = case.tables["progress"]
    for row in case.figures.levels.to_dicts():
        there = [one for one in progress if one["level"] == row["level"]]
        assert row["producers"] == len(there)
        assert row["suspended"] == sum(one["status"] == "suspended" for one in there)
        assert row["share"] == pytest.approx(len(there) / len(progress))
    first: dict[int, date] = {}
    for one in case.tables["xp_ledger"]:
        first[one["producer_id"]] = min(one["day"], first.get(one["producer_id"], one["day"]))
    for row in case.figures.days_to_reach.to_dicts():
        took = [
            (up["reached_on"] - first[up["producer_id"]]).days
            for up in case.tables["level_ups"]
            if up["level"] == row["level"]
        ]
        assert row["reached"] == len(took)
        if len(took) > 1:
            quartiles = statistics.quantiles(took, n=4, method="inclusive")
            assert [row["lower"], row["median"], row["upper"]] == pytest.approx(quartiles)
        elif took:
            assert row["lower"] == row["median"] == row["upper"] == took[0]
        else:
            assert row["median"] is None


@pytest.mark.parametrize("column", ["total_xp", "plays"])
def test_concentration(case: Case, column: str) -> None:
    values = sorted(one[column] for one in case.tables["progress"])
    of = case.figures.xp if column == "total_xp" else case.figures.plays
    total, count = sum(values), len(values)
    if not total:
        assert of.gini is None
        assert of.lorenz.is_empty()
        return
    pairs = sum(abs(one - other) for one in values for other in values)
    assert of.gini == pytest.approx(pairs / (2 * count * total))
    for place, share in of.lorenz.rows():
        whole, part = divmod(round(place * 100) * count, 100)
        have = sum(values[:whole]) + (values[whole] * part / 100 if part else 0)
        assert share == pytest.approx(have / total)
    for percent, few, share in of.shares.rows():
        assert few == math.ceil(round(count * percent / 100, 9))
        assert share == pytest.approx(sum(values[-few:]) / total)


def marks_of(labelled: dict[str, tuple[str, int]]) -> dict[str, str]:
    """The marks of achievements: each pair of them looked at, again after each mark."""
    order = ("common", "uncommon", "rare", "epic", "legendary")
    left = dict(labelled)
    marks: dict[str, str] = {}
    while True:
        against: dict[str, dict[str, int]] = {}
        for one, (rarity, holders) in left.items():
            against[one] = {"commoner": 0, "rarer": 0}
            for other in order:
                theirs = [n for r, n in left.values() if r == other]
                if order.index(other) < order.index(rarity):
                    side, beaten = "commoner", [n for n in theirs if n < holders]
                    judged = [n for n in theirs if n]
                else:
                    side, beaten = "rarer", [n for n in theirs if n > holders]
                    judged = theirs
                if other != rarity and len([n for n in beaten if n in judged]) * 2 > len(judged):
                    against[one][side] += len(beaten)
        most = max((n for sides in against.values() for n in sides.values()), default=0)
        if not most:
            return marks
        for one, sides in against.items():
            if most in sides.values():
                marks[one] = "commoner" if sides["commoner"] == most else "rarer"
                del left[one]


def test_unlock_shares(case: Case) -> None:
    holders: Counter[str] = Counter()
    awarded: Counter[str] = Counter()
    for unlock in case.tables["unlocks"]:
        holders[unlock["achievement_id"]] += 1
        awarded[unlock["achievement_id"]] += unlock["xp"]
    producers = len(case.tables["progress"])
    marks = marks_of(
        {
            entry["id"]: (entry["rarity"], holders[entry["id"]])
            for entry in case.rulebook["achievements"]
        }
    )
    for row in case.figures.achievements.to_dicts():
        share = holders[row["achievement_id"]] / producers
        assert row["unlocked_by"] == holders[row["achievement_id"]]
        assert row["share"] == pytest.approx(share)
        assert row["awarded_xp"] == awarded[row["achievement_id"]]
        assert row["misplaced"] == marks.get(row["achievement_id"])
    page = read(render(case.figures)).text
    assert ("Common for its rarity: " in page) == ("commoner" in marks.values())
    assert ("Rare for its rarity: " in page) == ("rarer" in marks.values())
    told = headlines(case.figures)
    entries = case.rulebook["achievements"]
    assert told["achievements_never_unlocked"] == sum(not holders[e["id"]] for e in entries)
    assert told["achievements_always_unlocked"] == sum(
        holders[e["id"]] == producers for e in entries
    )


def test_listeners_and_tracks(case: Case) -> None:
    heard: Counter[tuple[int, int, date]] = Counter()
    for play in read_all(case.exports)["plays"].before(micros_of(case.as_of)):
        if play["listener_id"] is not None:
            day = EPOCH + timedelta(days=play["played_at"] // DAY)
            heard[play["listener_id"], play["track_id"], day] += 1
    plays: Counter[int] = Counter()
    repeats: Counter[int] = Counter()
    on_day: Counter[tuple[int, date]] = Counter()
    of_track: Counter[int] = Counter()
    listener_days: Counter[int] = Counter()
    for (listener, track, day), times in heard.items():
        plays[listener] += times
        repeats[listener] += times - 1
        on_day[listener, day] += times
        of_track[track] += times
        listener_days[track] += 1
    with open_sandbox(case.settings) as sandbox:
        derived = sandbox.derive(sandbox.scenario_of(open_snapshot(case.root)))
        found = listening(
            delivered_plays(derived), ids_of(derived, "listener_id"), ids_of(derived, "track_id")
        )
    assert found.listeners["listener_id"].to_list() == sorted(plays)
    for row in found.listeners.to_dicts():
        mine = {day: n for (who, day), n in on_day.items() if who == row["listener_id"]}
        most = max(mine.values())
        assert row["plays"] == plays[row["listener_id"]]
        assert row["repeats"] == repeats[row["listener_id"]]
        assert row["days"] == len(mine)
        assert row["best_day_plays"] == most
        assert row["best_day"] == min(day for day, n in mine.items() if n == most)
    assert {row[0]: row[1:] for row in found.tracks.rows()} == {
        track: (of_track[track], listener_days[track]) for track in of_track
    }


def test_boards_beside_those_of_the_snapshots_before(case: Case) -> None:
    kept = all_kept(case.root)
    newest = current(case.root)
    earlier = [m for m in kept if m.snapshot.published_at < newest.snapshot.published_at]
    compared = case.figures.boards
    assert compared["snapshot_id"].n_unique() == len(earlier)

    def board(manifest: Any, category: str) -> dict[int, int]:
        rows = pl.concat(
            pl.read_parquet(path, hive_partitioning=False)
            for path in manifest.paths(case.root, "leaderboard")
        ).to_dicts()
        return {
            row["producer_id"]: row["rank"]
            for row in rows
            if (row["category"], row["period"]) == (category, "all_time")
        }

    for row in compared.to_dicts():
        before = board(
            next(m for m in earlier if m.snapshot.snapshot_id == row["snapshot_id"]),
            row["category"],
        )
        now = board(newest, row["category"])
        for top in (10, 100):
            first = {who for who, rank in before.items() if rank <= top}
            assert row[f"top_{top}"] == len(first)
            assert row[f"stayed_{top}"] == sum(now.get(who, 10**9) <= top for who in first)
        both = sorted(before.keys() & now.keys())
        assert row["on_both"] == len(both)
        wanted = spearman([before[who] for who in both], [now[who] for who in both])
        assert row["correlation"] == (None if wanted is None else pytest.approx(wanted))


def spearman(one: list[int], other: list[int]) -> float | None:
    """Pearson's correlation of average ranks."""

    def average_ranks(values: list[int]) -> list[float]:
        return [
            sum(v < value for v in values) + (sum(v == value for v in values) + 1) / 2
            for value in values
        ]

    if len(set(one)) < 2 or len(set(other)) < 2:
        return None
    return statistics.correlation(average_ranks(one), average_ranks(other))


def test_inputs_by_day_and_reason(case: Case) -> None:
    rows: Counter[tuple[date | None, str]] = Counter()
    reasons: Counter[tuple[date | None, str, str]] = Counter()

    def day_in(path: str) -> date | None:
        stamp = stamp_in(path)
        return None if stamp is None else EPOCH + timedelta(days=stamp // DAY)

    for file in case.tables["files"]:
        rows[day_in(file["file"]), file["entity"]] += file["rows_read"]
    for reject in compute(case.exports, case.rulebook, case.as_of)["rejects"]:
        reasons[day_in(reject["file"]), reject["entity"], reject["reason"]] += 1
    days = case.figures.input_days
    assert {(row["day"], row["entity"]): row["rows_read"] for row in days.to_dicts()} == dict(rows)
    rejected = case.figures.rejected
    assert {
        (r["day"], r["entity"], r["reason"]): r["rows"] + r["files"] for r in rejected.to_dicts()
    } == dict(reasons)
    totals = deliveries.reasons(rejected)
    assert sum(map(sum, totals.select("rows", "files").rows())) == reasons.total()
    told = headlines(case.figures)
    assert told["rows_read"] == sum(row["rows_read"] for row in case.tables["inputs"])
    assert told["rejected_rows"] == totals["rows"].sum()


def test_the_page_of_a_world_is_whole(case: Case) -> None:
    page = read(render(case.figures))
    assert page.faults == []
    assert page.text.count("Balance report") > 1


def test_of_an_earlier_snapshot_the_same_is_told_as_when_it_was_published(case: Case) -> None:
    kept = all_kept(case.root)
    for manifest in kept if EVERY_STEP else (kept[0], kept[-1]):
        snapshot_id = manifest.snapshot.snapshot_id
        figures = balance(case.settings, open_snapshot(case.root, snapshot_id))
        assert isinstance(figures.unusual.listeners, Outliers)
        assert render(figures) == render(case.reported[snapshot_id])


def test_for_the_published_snapshot_nothing_is_computed_again(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = []
    derive = Sandbox.derive

    def watched(sandbox: Sandbox, scenario: Scenario) -> Derived:
        before = tables_in(sandbox.store.root)
        derived = derive(sandbox, scenario)
        made.append(tables_in(sandbox.store.root) - before)
        return derived

    monkeypatch.setattr(Sandbox, "derive", watched)
    balance(case.settings, open_snapshot(case.root))
    # These are as large as the producers are many, and every refresh writes them again.
    (tables,) = ({file.split("/")[-2] for file, _ in files} for files in made)
    assert tables <= {"level_ups", "level_unlocks", "xp_sums"}


def tables_in(store: Path) -> set[tuple[str, int]]:
    """All files of a store's tables: one that is written again is another one."""
    files = [p for top in ("tables", "work/tables") for p in (store / top).rglob("*.parquet")]
    return {(str(path.relative_to(store)), path.stat().st_ino) for path in files}


def test_of_a_snapshot_whose_files_are_gone_the_published_tables_are_told(
    case: Case, tmp_path: Path
) -> None:
    store = shutil.copytree(case.root, tmp_path / "store")
    shutil.rmtree(store / "work")
    project = case.settings.project.model_copy(update={"store": store, "exports": tmp_path})
    settings = case.settings.model_copy(update={"project": project})
    figures = balance(settings, open_snapshot(store))
    assert isinstance(figures.withheld, Unavailable)
    assert isinstance(figures.unusual.listeners, Unavailable)
    told, whole = headlines(figures), headlines(case.figures)
    assert told["xp_withheld_by_gate"] is told["unusual_tracks"] is None
    assert {name: told[name] for name in ("xp", "xp_lost_to_caps", "rejected_rows")} == {
        name: whole[name] for name in ("xp", "xp_lost_to_caps", "rejected_rows")
    }
    page = read(render(figures))
    assert page.faults == []
    assert page.text.count("export files that are no longer there") == 3


def test_numbers_of_another_version_are_not_mixed_with_published_ones(case: Case) -> None:
    published = open_snapshot(case.root)
    row = msgspec.structs.replace(published.row, content_sha256="0")
    manifest = msgspec.structs.replace(published.manifest, snapshot=row)
    figures = balance(case.settings, PublishedSnapshot(case.root, manifest))
    assert isinstance(figures.withheld, Unavailable)
    assert "Another version of the program" in figures.withheld.why

"""The report of a simulation: its figures beside what plain Python makes of the exports.

And untrusted texts, nothing at all, many producers, and the page in a browser.
"""

import json
import statistics
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any, get_args

import msgspec
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from playwright.sync_api import Browser
from rich.console import Console
from typer.testing import CliRunner, Result

from analysis.comparison import compare_levels
from analysis.document.svg import svg
from analysis.simulation import Simulation, simulate
from analysis.simulation_report import charts, render
from analysis.simulation_report.figures import xp_change_bins
from cli.commands import app
from cli.simulate import print_achievements
from pipelines.errors import Problem
from pipelines.rulebook import parse_rulebook
from pipelines.rulebook.change import Change, ChangedSection
from pipelines.vocabulary import RULE_SECTIONS, SOURCES, board_title
from tests.dashboard.browser import launched
from tests.document.html import Page, read
from tests.document.looks import SCREENS, check_looks
from tests.oracle.tables import compute
from tests.product import Project
from tests.worlds import World

PROJECT = Path(__file__).parents[2]
HOSTILE = (
    "</text></svg><script>alert(1)</script>",
    "\"><img src=x onerror='alert(1)'>",
    "{{ 7 * 7 }}</style>&lt;b&gt;",
    ' role="x" fill="#6d28d9" id="y"',
    "\u202egnp.exe \x00\x1b[2J\ufffe",
    "x" * 200,
)
Rows = dict[str, list[dict[str, Any]]]


@dataclass(frozen=True)
class Case:
    """A world under two rulebooks: the report's page, and what the oracle says of both."""

    project: Project
    simulated: Simulation
    page: Page
    rulebooks: tuple[dict[str, Any], dict[str, Any]]
    before: Rows
    after: Rows

    def progress(self) -> list[tuple[dict[str, Any], dict[str, Any]]]:
        """Each producer before and after."""
        after = {row["producer_id"]: row for row in self.after["progress"]}
        return [(row, after[row["producer_id"]]) for row in self.before["progress"]]


@pytest.fixture(scope="module", params=(0, 4))
def case(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Case:
    seed = request.param
    project = Project(tmp_path_factory.mktemp("world"))
    step = World(seed).steps[-1]
    for one in World(seed).steps:
        one.install(project.exports)
    project.rulebook.write_text(step.rulebook_toml)
    project.refresh(step.as_of)
    other = World(seed + 100).steps[0]
    simulated = simulate(project.settings(), parse_rulebook(other.rulebook_toml.encode(), "other"))
    rulebooks = (step.rulebook, other.rulebook)
    before, after = (compute(project.exports, rulebook, step.as_of) for rulebook in rulebooks)
    return Case(project, simulated, read(render(simulated)), rulebooks, before, after)


def whole(number: int) -> str:
    return f"{number:,}"


def signed(number: int) -> str:
    return f"{number:+,}" if number else "0"


def percent(share: float) -> str:
    return "<0.1%" if 0 < share < 0.0005 else f"{share:.1%}"


def test_it_stands_for_itself(case: Case) -> None:
    assert case.page.faults == []
    for change in case.simulated.rules:
        assert change.sentence in case.page.text
    for warning in case.simulated.warnings:
        assert str(warning) in case.page.text
    for row in (case.simulated.before, case.simulated.after):
        assert f"{row.rulebook_name} {row.rulebook_version}" in case.page.text


def test_totals_are_told_where_they_are_not_the_sums_of_the_sources(case: Case) -> None:
    sides = (case.before, case.after)
    totals = [sum(row["total_xp"] for row in side["progress"]) for side in sides]
    sums = [sum(row["xp"] for row in side["xp_ledger"]) for side in sides]
    if totals == sums:
        assert "In all it is the sum of their total XP, too." in case.page.text
    else:
        told = f"their total XP is {totals[0]:,} before and {totals[1]:,} after: a total is"
        assert told in case.page.text


def test_what_does_not_apply_yet_and_what_is_hardly_meant_is_told(case: Case) -> None:
    """A rate of next year was only seen to change nothing."""
    late = Change("rates", "key", 1, 2, "New rates.", date(2090, 1, 1))
    doubt = Problem("levels[2] (level 2).min_xp", "is absurd.")
    page = read(render(replace(case.simulated, rules=[late], warnings=[doubt])))
    assert page.faults == []
    day = (case.simulated.before.as_of - timedelta(microseconds=1)).date()
    assert f"no difference before 2090-01-01, and the last day that counts is {day}." in page.text
    assert "levels[2] (level 2).min_xp: is absurd." in page.text


def test_headline_figures(case: Case) -> None:
    both = case.progress()
    changes = [b["total_xp"] - a["total_xp"] for a, b in both]
    steps = [b["level"] - a["level"] for a, b in both]
    totals = [sum(row["total_xp"] for row in side) for side in zip(*both, strict=True)]
    unlocked = [
        {(row["producer_id"], row["achievement_id"]) for row in side["unlocks"]}
        for side in (case.before, case.after)
    ]
    told = dict(case.page.tiles)
    (board,) = [what for what in told if what.startswith("Most moved board")]
    shares = {title: share for title, share in shares_of(case).items() if share}
    most = max(shares.values())
    assert told.pop(board) == percent(most)
    assert shares[board.removeprefix("Most moved board: ")] == most
    assert told == {
        "Producers who gain XP": whole(sum(change > 0 for change in changes)),
        "Producers who lose XP": whole(sum(change < 0 for change in changes)),
        "Rise to a higher level": whole(sum(step > 0 for step in steps)),
        "Fall to a lower level": whole(sum(step < 0 for step in steps)),
        "Total XP before": whole(totals[0]),
        "Total XP after": whole(totals[1]),
        "Change of total XP": signed(totals[1] - totals[0]),
        "Achievements reached": whole(len(unlocked[1] - unlocked[0])),
        "Achievements lost": whole(len(unlocked[0] - unlocked[1])),
    }


def test_xp_by_source(case: Case) -> None:
    _, *table = case.page.tables["XP of each source"]
    sums = [Counter[str](), Counter[str]()]
    for counted, side in zip(sums, (case.before, case.after), strict=True):
        for row in side["xp_ledger"]:
            counted[row["source"]] += row["xp"]
            counted["all"] += row["xp"]
    for source, (_, *told, share) in zip([*SOURCES, "all"], table, strict=True):
        was, now = (counted[source] for counted in sums)
        assert told == [whole(was), whole(now), signed(now - was)]
        change = (now - was) / was if was > 0 else None
        sign = "" if not change else "+" if change > 0 else "-"
        assert share == ("-" if change is None else f"{sign}{percent(abs(change))}")


def test_levels(case: Case) -> None:
    both = [(a["level"], b["level"]) for a, b in case.progress()]
    was, now = (Counter(levels) for levels in zip(*both, strict=True))
    _, *rows = case.page.tables["Producers by level"]
    lowest, highest = min(was | now), max(was | now)
    assert rows == [
        [whole(n), whole(was[n]), whole(now[n]), signed(now[n] - was[n])]
        for n in range(lowest, highest + 1)
    ]
    _, *cells = case.page.tables["Producers by level before and after"]
    assert cells == [
        [str(a), str(b), whole(n), percent(n / was[a])]
        for (a, b), n in sorted(Counter(both).items())
    ]


def test_changes_of_xp(case: Case) -> None:
    changes = [b["total_xp"] - a["total_xp"] for a, b in case.progress()]
    _, *rows = case.page.tables["Producers by change of XP"]
    counted = 0
    for first, last, producers, share in rows:
        low, high = (int(end.replace(",", "")) for end in (first, last))
        here = sum(low <= change <= high for change in changes)
        assert [producers, share] == [whole(here), percent(here / len(changes))]
        counted += here
    assert counted == len(changes)
    median = statistics.median_low([change for change in changes if change])
    assert f"are at or below {signed(median)} XP" in case.page.text


def test_who_gains_and_loses_most(case: Case) -> None:
    order = sorted(
        ((b["total_xp"] - a["total_xp"], a["producer_id"], a, b) for a, b in case.progress()),
        key=lambda row: (-abs(row[0]), row[1]),
    )
    for word, found in (
        ("gains", [row for row in order if row[0] > 0]),
        ("loses", [row for row in order if row[0] < 0]),
    ):
        caption = [name for name in case.page.tables if name.startswith(f"Who {word} most")]
        assert len(caption) == bool(found)
        for name in caption:
            _, *rows = case.page.tables[name]
            assert rows == [
                [
                    b["display_name"],
                    str(producer),
                    whole(a["total_xp"]),
                    whole(b["total_xp"]),
                    signed(change),
                    str(a["level"]) if a["level"] == b["level"] else f"{a['level']} → {b['level']}",
                ]
                for change, producer, a, b in found[:50]
            ]


def test_achievements(case: Case) -> None:
    unlocked = [
        {(r["producer_id"], r["achievement_id"]): r["unlocked_at"] for r in side["unlocks"]}
        for side in (case.before, case.after)
    ]
    known = [{row["id"]: row for row in rulebook["achievements"]} for rulebook in case.rulebooks]
    expected = []
    for name in known[0].keys() | known[1].keys():
        was, now = (
            {who: at for (who, achievement), at in side.items() if achievement == name}
            for side in unlocked
        )
        stay = was.keys() & now.keys()
        counts = [
            len(was),
            len(now),
            len(now.keys() - was.keys()),
            len(was.keys() - now.keys()),
            sum(now[who] < was[who] for who in stay),
            sum(now[who] > was[who] for who in stay),
        ]
        shown = known[1].get(name) or known[0][name]
        xp = [whole(side[name]["xp"]) if name in side else "-" for side in known]
        row = [shown["name"], *xp, *map(whole, counts)]
        expected.append((-counts[2] - counts[3], name, row))
    _, *rows = case.page.tables["Each achievement"]
    assert rows == [row for *_, row in sorted(expected)]


def ranks(side: Rows) -> dict[str, dict[int, int]]:
    found: dict[str, dict[int, int]] = {}
    for row in side["leaderboard"]:
        board = found.setdefault(board_title(row["category"], row["period"]), {})
        board[row["producer_id"]] = row["rank"]
    return found


def shares_of(case: Case) -> dict[str, float]:
    """Of all who are ranked before or after, how many do not have the same rank at both times."""
    found = {}
    was, now = ranks(case.before), ranks(case.after)
    for board in was.keys() | now.keys():
        one, other = was.get(board, {}), now.get(board, {})
        ranked = one.keys() | other.keys()
        found[board] = sum(one.get(who) != other.get(who) for who in ranked) / len(ranked)
    return found


def test_boards(case: Case) -> None:
    was, now, shares = ranks(case.before), ranks(case.after), shares_of(case)
    _, *rows = case.page.tables["Each board"]
    assert {row[0] for row in rows} >= shares.keys()
    for board, *told in rows:
        one, other = was.get(board, {}), now.get(board, {})
        both = one.keys() & other.keys()
        rises = [one[who] - other[who] for who in both]
        tops = [{who for who, rank in one.items() if rank <= top} for top in (10, 100)]
        still = [{who for who, rank in other.items() if rank <= top} for top in (10, 100)]
        assert told == [
            percent(shares[board]) if board in shares else "-",
            whole(sum(rise != 0 for rise in rises)),
            whole(len(other.keys() - one.keys())),
            whole(len(one.keys() - other.keys())),
            whole(len(other)),
            whole(max([0, *rises])),
            whole(max([0, *(-rise for rise in rises)])),
            *(f"{len(a & b)} of {len(a)}" for a, b in zip(tops, still, strict=True)),
        ]


@given(st.lists(st.integers(-(10**12), 10**12), max_size=30))
def test_every_change_is_in_one_bin(changes: list[int]) -> None:
    frame = pl.DataFrame({"xp_change": changes}, schema={"xp_change": pl.Int64})
    bins = xp_change_bins(frame).rows()
    firsts = [first for first, *_ in bins]
    assert firsts[1:] == [last + 1 for _, last, *_ in bins[:-1]]
    counted = Counter(bisect_right(firsts, change) - 1 for change in changes)
    assert [many for *_, many, _ in bins] == [counted[n] for n in range(len(bins))]
    if changes:
        assert bins[0][0] <= min(changes) <= bins[0][1]
        assert bins[-1][0] <= max(changes) <= bins[-1][1]
        assert all(many > 0 for *_, many, _ in (bins[0], bins[-1]))


# Strangers, nobody, and many -----------------------------------------------------------------


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A published snapshot without any producer."""
    project = Project(tmp_path_factory.mktemp("empty"))
    project.rulebook.write_text((PROJECT / "rules/beatpass.toml").read_text())
    project.refresh(datetime(2026, 11, 1))
    return project


@pytest.fixture(scope="module")
def nothing(empty: Project) -> Simulation:
    return simulate(empty.settings(), parse_rulebook(empty.rulebook.read_bytes(), "the same"))


def invented(nothing: Simulation, producers: int) -> Simulation:
    """A simulation with hostile texts, in which most gain or lose."""
    number = pl.int_range(1, producers + 1, dtype=pl.Int64, eager=True)
    change = (number % 7 - 3) * number
    people = pl.DataFrame(
        {
            "producer_id": number,
            "display_name": [HOSTILE[n % len(HOSTILE)] for n in range(producers)],
            "xp_before": number * 10,
            "xp_after": number * 10 + change,
            "xp_change": change,
            "level_before": 1 + number % 40,
            "level_after": 1 + (number + change) % 40,
        }
    ).sort("xp_change", "producer_id", descending=[True, False])
    achievements = [
        {
            "achievement_id": f"a-{n:03}",
            "name": HOSTILE[n % len(HOSTILE)],
            "xp_before": None if n == 1 else 100,
            "xp_after": None if n == 2 else 200,
            "holders_before": n,
            "holders_after": n + 1,
            "reached": n,
            "lost": n - 1,
            "sooner": 0,
            "later": 0,
        }
        for n in range(1, 9)
    ]
    return replace(
        nothing,
        before=msgspec.structs.replace(
            nothing.before, rulebook_name=HOSTILE[0], rulebook_version=HOSTILE[1]
        ),
        rules=[Change("rates", "key", 1, 2, text) for text in HOSTILE],
        producers=people,
        levels=compare_levels(people),
        achievements=pl.DataFrame(achievements),
    )


def test_untrusted_texts_are_texts(nothing: Simulation) -> None:
    text = render(invented(nothing, 100))
    page = read(text)
    assert page.faults == []
    for name in HOSTILE[:3]:
        assert name in page.text
        assert name not in text
    # In a chart what cannot be seen is written out, and nothing of a text is taken for a tag's.
    assert "\\u202egnp.exe \\x00\\x1b[2J\\ufffe" in page.text
    assert HOSTILE[3].strip() in page.text
    assert {"svg", "table", "details"} <= set(page.tags)


def test_two_achievements_of_one_name_are_two() -> None:
    twins = pl.DataFrame(
        {"achievement_id": ["a", "b"], "name": ["Twin"] * 2, "reached": [3, 2], "lost": [1, 0]}
    )
    drawn = svg(charts.achievements(twins, 760), "chart", "Bars.")
    assert "Twin (a)" in drawn
    assert "Twin (b)" in drawn


def test_two_achievements_of_one_name_are_two_in_tables(nothing: Simulation) -> None:
    """Also if only one of them changes; one of a name of its own has no id behind it."""
    rows = (
        invented(nothing, 9)
        .achievements.head(4)
        .with_columns(
            pl.Series("name", ["Twin", "Twin", "Other", "Twin"]),
            pl.Series("reached", [1, 0, 1, 2]),
            pl.Series("lost", [0, 0, 0, 0]),
        )
    )
    simulated = replace(nothing, achievements=rows)
    _, *shown = read(render(simulated)).tables["Each achievement"]
    assert [row[0] for row in shown] == ["Twin (a-004)", "Twin (a-001)", "Other", "Twin (a-002)"]
    printed = StringIO()
    print_achievements(Console(width=80, file=printed), rows)
    said = [line.strip().partition("  ")[0] for line in printed.getvalue().splitlines()]
    assert said == ["", "Achievements", "Twin (a-004)", "Twin (a-001)", "Other"]


def test_the_same_rules_change_nothing(case: Case) -> None:
    settings = case.project.settings()
    same = simulate(settings, parse_rulebook(case.project.rulebook.read_bytes(), "the same"))
    page = read(render(same))
    assert page.faults == []
    for said in (
        "Both rulebooks say the same.",
        f"0 gain, 0 lose, {same.producers.height:,} keep what they have.",
        "No achievement is reached or lost.",
        "Nobody moves on any board.",
    ):
        assert said in page.text
    assert page.tiles["Most moved board"] == "none"
    totals = (page.tiles["Total XP before"], page.tiles["Total XP after"])
    assert totals == (case.page.tiles["Total XP before"],) * 2


def test_nobody_at_all(nothing: Simulation) -> None:
    page = read(render(nothing))
    assert page.faults == []
    assert "svg" not in page.tags
    assert "There are no producers." in page.text
    assert "Nobody has any XP, before or after." in page.text
    assert {page.tiles[name] for name in page.tiles if name != "Most moved board"} == {"0"}


def test_many_producers_make_no_large_page(nothing: Simulation) -> None:
    text = render(invented(nothing, 200_000))
    assert len(text.encode()) < 1_500_000
    assert text.count("<tr>") < 1_000


def test_every_section_of_a_rulebook_has_a_title() -> None:
    sections = {name for part in get_args(ChangedSection) for name in get_args(part) or (part,)}
    assert RULE_SECTIONS.keys() == sections


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with launched() as browser:
        yield browser


@pytest.mark.parametrize(("scheme", "width"), SCREENS)
def test_it_opens_offline_and_can_be_read_by_all(
    nothing: Simulation, tmp_path: Path, browser: Browser, scheme: str, width: int
) -> None:
    file = tmp_path / "simulation.html"
    file.write_text(render(invented(nothing, 60)), encoding="utf-8")
    check_looks(file, browser, scheme, width)


# The command ---------------------------------------------------------------------------------


def run(project: Project, *arguments: str) -> Result:
    project.settings()
    config = str(project.folder / "store.toml")
    return CliRunner().invoke(
        app, ["--config", config, "simulate", str(project.rulebook), *arguments]
    )


def test_the_command_writes_the_file_beside_what_it_prints(
    empty: Project, nothing: Simulation, tmp_path: Path
) -> None:
    file = tmp_path / "simulation.html"
    said = run(empty, "--report", str(file))
    assert said.exit_code == 0, said.output
    assert f"Written: {file}" in said.stdout
    assert file.read_text(encoding="utf-8") == render(nothing)
    file.unlink()
    found = run(empty, "--report", str(file), "--json")
    assert json.loads(found.stdout)["producers"]["all"] == 0
    assert [path.name for path in tmp_path.iterdir()] == ["simulation.html"]


def test_of_another_moment_no_snapshot_is_named(empty: Project, tmp_path: Path) -> None:
    file = tmp_path / "simulation.html"
    assert run(empty, "--report", str(file), "--as-of", "2026-10-01").exit_code == 0
    page = read(file.read_text(encoding="utf-8"))
    assert "computed for this report" in page.text
    assert "2026-10-01 00:00 UTC" in page.text


@pytest.mark.parametrize(
    ("place", "said"), [("missing/a.html", "There is no folder"), (".", "is a folder")]
)
def test_a_place_where_no_file_can_be_is_a_sentence(
    empty: Project, tmp_path: Path, place: str, said: str
) -> None:
    result = run(empty, "--report", str(tmp_path / place))
    assert result.exit_code == 2
    assert said in " ".join(result.stderr.split())
    assert list(tmp_path.iterdir()) == []

"""The report of small marketplaces that are awkward, and of one with bots and untrusted texts."""

import csv
import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser
from typer.testing import CliRunner, Result

from analysis.balance import Balance, balance, headlines, render
from analysis.balance.unusual import Outliers
from cli import report  # noqa: F401
from cli.app import app
from pipelines.published.snapshot import open_snapshot
from tests.dashboard.browser import launched
from tests.document.html import read
from tests.document.looks import SCREENS, check_looks
from tests.product import Project
from tests.published import achievement, ledger_row, progress_row, publish_by_hand

PROJECT = Path(__file__).parents[2]
RULES = (PROJECT / "rules/beatpass.toml").read_text()
HOSTILE = (
    '<script>alert("x")</script>',
    "\"><img src=x onerror='alert(1)'>",
    "{{ 7 * 7 }}</style></svg>&lt;b&gt;",
    "\u202egnp.exe \x00\x1b[2J",
)
AS_OF = datetime(2026, 4, 1)
#: An id that browsers round where it is a number.
BOT = 2**53 + 1


def write(project: Project, entity: str, name: str, rows: list[dict[str, Any]]) -> None:
    path = project.exports / entity / name
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="") as file:
        table = csv.DictWriter(file, list(rows[0]))
        table.writeheader()
        table.writerows(rows)


def producer(number: int, name: str, **other: Any) -> dict[str, Any]:
    return {
        "producer_id": number,
        "display_name": name,
        "joined_at": "2026-01-01",
        "profile_completion": 100,
        "status": "active",
        "user_id": "",
        **other,
    }


def figures_of(project: Project, as_of: datetime = AS_OF) -> Balance:
    if not project.rulebook.exists():
        project.rulebook.write_text(RULES)
    project.refresh(as_of)
    settings = project.settings()
    return balance(settings, open_snapshot(settings.project.store))


@pytest.fixture(scope="module")
def strange(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A marketplace in which a bot plays one track of a hostile producer, and a day is missing."""
    project = Project(tmp_path_factory.mktemp("strange"))
    rules = RULES.replace("play = 5000", "play = 100").replace(
        'name = "First Drop"', f"name = {json.dumps(HOSTILE[1])}"
    )
    project.rulebook.write_text(rules.replace('title = "Novice"', "title = '<i>Novice</i>'"))
    people = [producer(n, name, profile_completion=10) for n, name in enumerate(HOSTILE, 1)]
    people += [producer(n, f"Producer {n}") for n in range(5, 14)]
    people.append(producer(14, "Gone", status="suspended"))
    write(project, "producers", "2026-03-31.csv", people)
    tracks = [
        {
            "track_id": n,
            "producer_id": n,
            "title": HOSTILE[n % 4],
            "status": "published",
            "published_at": f"2026-01-{n:02}",
            "updated_at": "2026-01-20",
        }
        for n in range(1, 14)
    ]
    write(project, "tracks", "2026-03-31.csv", tracks)
    credits = [
        {"track_id": 5, "producer_id": who, "credited_at": "2026-02-01"} for who in range(1, 5)
    ]
    write(project, "credits", "2026-03-31.csv", credits)
    plays: list[dict[str, Any]] = []
    start = datetime(2026, 1, 20)
    for day in range(70):
        for turn in range(0 if day == 40 else 66):
            number, at = len(plays) + 1, start + timedelta(days=day, minutes=turn)
            plays.append(
                {
                    "play_id": number,
                    "track_id": 1 + turn % 13,
                    "played_at": at.isoformat(),
                    "listener_id": 1_000 + (turn + 7 * day) % 200,
                    "seconds_played": 90,
                }
            )
    for turn in range(400):
        at = start + timedelta(days=50, seconds=turn)
        plays.append(
            {
                "play_id": 10**6 + turn,
                "track_id": 2,
                "played_at": at.isoformat(),
                "listener_id": BOT,
                "seconds_played": 1,
            }
        )
    plays.append({**plays[0], "play_id": 10**7, "track_id": HOSTILE[0]})
    write(project, "plays", "2026-03-31.csv", plays)
    fines = [
        {
            "adjustment_id": 1,
            "producer_id": 3,
            "xp": -50_000,
            "adjusted_at": "2026-03-01",
            "reason": "fraud",
        }
    ]
    write(project, "adjustments", "all.csv", fines)
    return project


@pytest.fixture(scope="module")
def figures(strange: Project) -> Balance:
    return figures_of(strange)


@pytest.fixture(scope="module")
def file(figures: Balance, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("page") / "balance.html"
    path.write_text(render(figures), encoding="utf-8")
    return path


def test_the_bot_its_track_and_its_days_stand_out(figures: Balance) -> None:
    unusual = figures.unusual
    assert isinstance(unusual.listeners, Outliers)
    assert isinstance(unusual.tracks, Outliers)
    bot = unusual.listeners.far.to_dicts()
    assert [row["listener_id"] for row in bot] == [BOT]
    assert (bot[0]["plays"], bot[0]["repeats"], bot[0]["tracks"]) == (400, 399, 1)
    assert (bot[0]["producer_id"], bot[0]["producer_plays"]) == (2, 400)
    assert unusual.tracks.far["track_id"].to_list() == [2]
    assert unusual.producers.far["producer_id"].to_list() == [2]
    first = datetime(2026, 1, 20).date()
    assert set(unusual.odd_days.far["day"]) == {first + timedelta(days=n) for n in (40, 50)}


def test_headline_figures_of_the_strange_marketplace(figures: Balance) -> None:
    told = headlines(figures)
    # Five or six plays a day reach no cap of 100; the bot's 400 and 5 of that day do.
    assert told["xp_lost_to_caps"] == 400 + 5 - 100
    # 57 days with 5 plays of track 5, for four; one of them was at the cap on the bot's day.
    assert told["plays_withheld_by_gate"] == 57 * 5 * 4
    assert told["xp_withheld_by_gate"] == 57 * 5 * 4 - 5
    assert told["unusual_listeners"] == 1
    assert told["rejected_rows"] == 1
    # The fine took more from a producer than was earned.
    assert told["total_xp"] > told["xp"]
    assert told["producers"] == 14
    assert figures.levels["suspended"].sum() == 1


def test_what_stands_out_is_told_with_its_limit(file: Path) -> None:
    # A listener with exactly 30 plays would stand out, a track at its limit would not.
    said = read(file.read_text(encoding="utf-8")).text
    assert "stands out: at least 30 plays on the busiest day" in said
    assert "stands out: more than 1.65 plays for each listener and day" in said


def test_ids_and_both_sums_of_xp_are_told_exactly(figures: Balance, file: Path) -> None:
    page, told = read(file.read_text(encoding="utf-8")), headlines(figures)
    assert str(BOT) in page.text
    said = f"it is {told['xp']:,} XP, the sum of the producers' total XP {told['total_xp']:,}: a"
    assert said in page.text
    assert page.tiles["Total XP"] == f"{told['total_xp']:,}"


def test_untrusted_texts_are_texts(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    page = read(text)
    assert page.faults == []
    for name in HOSTILE[:3]:
        assert name in page.text
        assert name not in text
    assert "<i>Novice</i>" in page.text
    assert "track_id:type" in page.text
    assert {"svg", "table", "details"} <= set(page.tags)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with launched() as browser:
        yield browser


@pytest.mark.parametrize(("scheme", "width"), SCREENS)
def test_it_opens_offline_and_can_be_read_by_all(
    file: Path, browser: Browser, scheme: str, width: int
) -> None:
    check_looks(file, browser, scheme, width)


# Awkward marketplaces ------------------------------------------------------------------------


def check(figures: Balance) -> dict[str, Any]:
    page = read(render(figures))
    assert page.faults == []
    return headlines(figures)


def test_nothing_at_all(tmp_path: Path) -> None:
    told = check(figures_of(Project(tmp_path)))
    assert told["producers"] == told["xp"] == told["rows_read"] == 0
    assert told["xp_gini"] is told["top_1_percent_xp_share"] is None
    assert told["unusual_listeners"] is told["points_board_correlation"] is None
    assert told["xp_withheld_by_gate"] == 0
    assert told["achievements_never_unlocked"] == told["achievements"]


def test_one_producer_without_plays(tmp_path: Path) -> None:
    project = Project(tmp_path)
    write(project, "producers", "2026-03-31.csv", [producer(1, "Ada", joined_at="2025-01-01")])
    figures = figures_of(project)
    told = check(figures)
    assert told["producers"] == 1
    assert told["plays_gini"] is None
    # Joining early is an achievement, so there are points.
    assert told["xp_gini"] == 0
    assert told["top_1_percent_xp_share"] == 1
    assert figures.days_to_reach["reached"].to_list()[0] == 1


def test_points_below_zero_and_suspended_producers_only(tmp_path: Path) -> None:
    project = Project(tmp_path)
    write(project, "producers", "2026-03-31.csv", [producer(1, "Ada", status="suspended")])
    fine = {"adjustment_id": 1, "producer_id": 1, "xp": -9_000, "adjusted_at": "2026-02-02"}
    write(project, "adjustments", "a.csv", [{**fine, "reason": "x"}])
    figures = figures_of(project)
    told = check(figures)
    assert told["xp"] < 0
    assert told["xp_gini"] is None
    assert figures.levels["suspended"].to_list()[0] == 1


def test_a_snapshot_without_a_rulebook_says_so(tmp_path: Path) -> None:
    day = datetime(2026, 10, 31).date()
    publish_by_hand(
        tmp_path,
        "early",
        progress=[progress_row(1, HOSTILE[0], total_xp=5, plays=5)],
        xp_ledger=[ledger_row(1, day, "play", 5)],
        achievements=[achievement("one", "plays", "1")],
        levels=[{"level": 1, "title": "Novice", "min_xp": 0}],
    )
    result = run(tmp_path, "report", str(tmp_path / "b.html"), "--json")
    assert result.exit_code == 0
    told = json.loads(result.stdout)
    assert told["snapshot"]["snapshot_id"] == "early"
    assert told["headlines"]["xp"] == 5
    assert told["headlines"]["xp_lost_to_caps"] is None
    page = read((tmp_path / "b.html").read_text())
    assert page.faults == []
    assert page.text.count("Cannot be told.") == 4


# The command ---------------------------------------------------------------------------------


def run(folder: Path, *arguments: str) -> Result:
    return CliRunner().invoke(app, ["--config", str(folder / "beatxp.toml"), *arguments])


def test_the_command_writes_the_file_and_says_the_headlines(
    strange: Project, file: Path, tmp_path: Path
) -> None:
    (strange.folder / "beatxp.toml").write_text((strange.folder / "store.toml").read_text())
    result = run(strange.folder, "report", str(tmp_path / "balance.html"))
    assert result.exit_code == 0
    assert "XP lost to caps" in result.stdout
    assert "a producer's total is never below 0" in result.stdout
    assert "Written: " in result.stdout
    assert (tmp_path / "balance.html").read_text() == file.read_text()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("missing/b.html",), "There is no folder"),
        (("b.html", "--snapshot", "nothing"), "There is no snapshot 'nothing'"),
    ],
)
def test_mistakes_are_sentences(
    strange: Project, figures: Balance, tmp_path: Path, arguments: tuple[str, ...], said: str
) -> None:
    assert figures
    (strange.folder / "beatxp.toml").write_text((strange.folder / "store.toml").read_text())
    name, *other = arguments
    result = run(strange.folder, "report", str(tmp_path / name), *other)
    assert result.exit_code == 2
    assert said in result.stderr
    assert not (tmp_path / name).exists()

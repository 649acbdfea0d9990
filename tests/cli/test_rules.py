"""`beatxp rules`: what it says, to whom, and with which exit status."""

import json
import re
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from cli.commands import app
from tests.published import publish_by_hand

RULES = Path("rules/beatpass.toml").read_text()
RAISED = RULES.replace("upload = 100", "upload = 120").replace('"2026.1"', '"2026.2"')
HOSTILE = "[red]:fire:\\u001b[2J\\u202eevil"
SHOWN = r"[red]:fire:\x1b[2J\u202eevil"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Settings with a rulebook, three snapshots, one of them without its rules, and files."""
    folder = tmp_path_factory.mktemp("rules")
    publish_by_hand(folder, "0-early")
    publish_by_hand(folder, "1-older", rulebook=RULES)
    publish_by_hand(folder, "2-newer", as_of=datetime(2026, 7, 5), rulebook=RAISED)
    for name, text in {
        "rules": RULES,
        "commented": RULES + "\n# The end.\n",
        "raised": RAISED,
        "mistaken": RULES.replace("percent = 200", 'percent = "x"').replace("points = 30", "p = 3"),
        "doubtful": RULES.replace("percent = 200", "percent = 2"),
        "hostile": RULES.replace("Headliner", HOSTILE).replace("First Drop", HOSTILE),
        "twice": RULES.replace('title = "Apprentice"', f'title = "{HOSTILE}"').replace(
            'title = "Rising"', f'title = "{HOSTILE}"'
        ),
    }.items():
        (folder / f"{name}.toml").write_text(text)
    return folder


def run(folder: Path, *arguments: str) -> Result:
    command = ["--config", str(folder / "beatxp.toml"), "rules", *arguments]
    return CliRunner(env={"COLUMNS": "200"}).invoke(app, command)


def said(folder: Path, *arguments: str) -> str:
    result = run(folder, *arguments)
    assert result.exit_code == 0, result.output
    return result.stdout


def parsed(folder: Path, *arguments: str) -> Any:
    output = said(folder, *arguments, "--json")
    assert output.count("\n") == 1
    return json.loads(output)


# check


def test_a_good_rulebook_is_one_line(folder: Path) -> None:
    line = said(folder, "check", str(folder / "raised.toml"))
    assert line.count("\n") == 1
    assert "BeatPass 2026.2, 12 levels, 60 achievements, 1 set of rates, 1 boost, sha256" in line
    document = parsed(folder, "check", str(folder / "raised.toml"))
    assert document["ok"] is True
    assert (document["mistakes"], document["warnings"]) == ([], [])
    assert document["sha256"][:12] in line


def test_the_rulebook_of_the_settings_is_meant_if_none_is_named(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert said(folder, "check").startswith(f"{folder / 'rules.toml'} is fine: BeatPass 2026.1,")
    monkeypatch.chdir(folder)
    assert said(folder, "check").startswith("rules.toml is fine")
    assert parsed(folder, "show")["source"] == "rules.toml"


def test_every_mistake_is_told_with_status_2(folder: Path) -> None:
    path = str(folder / "mistaken.toml")
    keys = ["xp.boosts[1] (play).percent", "leaderboards.overall.p"]
    for command in (["check", path], ["show", path], ["diff", "rules.toml", path]):
        result = run(folder, *[part.replace("rules.toml", path) for part in command])
        assert result.exit_code == 2
        assert all(key in result.stderr for key in keys)
    result = run(folder, "check", path, "--json")
    assert result.exit_code == 2
    document = json.loads(result.stdout)
    assert document["ok"] is False
    assert [mistake["key"] for mistake in document["mistakes"]] == keys


def test_warnings_leave_the_status_at_0(folder: Path) -> None:
    path = str(folder / "doubtful.toml")
    output = said(folder, "check", path)
    assert "doubtful.toml can be used: BeatPass 2026.1" in output
    assert "1 warning: " in output
    assert "xp.boosts[1] (play): is 2 percent" in output
    [warning] = parsed(folder, "check", path)["warnings"]
    assert warning["key"] == "xp.boosts[1] (play)"


# show


def test_a_page_says_what_applies_on_a_day(folder: Path) -> None:
    on = parsed(folder, "show", str(folder / "rules.toml"), "--on", "2026-07-05")
    assert on["on"] == "2026-07-05"
    assert [(rate["source"], rate["xp_now"]) for rate in on["rates"]] == [
        ("upload", 100),
        ("play", 2),
        ("metadata", 50),
        ("collaboration", 25),
    ]
    assert [boost["state"] for boost in on["boosts"]] == ["on now"]
    path = str(folder / "rules.toml")
    assert "2 (200% of 1)" in said(folder, "show", path, "--on", "2026-07-05")
    assert "(over)" in said(folder, "show", path, "--on", "2026-07-06")
    assert "(to come)" in said(folder, "show", path, "--on", "2026-07-03")
    assert run(folder, "show", path, "--on", "tomorrow").exit_code == 2


def test_a_page_has_every_level_achievement_and_rule(folder: Path) -> None:
    page = said(folder, "show", str(folder / "rules.toml"))
    document = parsed(folder, "show", str(folder / "rules.toml"))
    assert [entry["title"] for entry in document["levels"]][::11] == ["Novice", "Legend"]
    assert len(document["achievements"]) == 60
    lines = page.splitlines()
    places = []
    for entry in document["achievements"]:
        [place] = [n for n, line in enumerate(lines) if line.rstrip().endswith(f"  {entry['id']}")]
        assert entry["name"] in lines[place]
        assert f"{entry['xp']:,}" in lines[place]
        places.append(place)
    assert places == sorted(places)
    plays = [e["threshold"] for e in document["achievements"] if e["metric"] == "plays"]
    assert plays == sorted(plays)
    assert re.search(r"7 +Headliner +30,000", page)
    assert "A play counts however short it is. Own plays count too." in page
    assert "at least 80% of these are filled in: artwork, description" in page
    assert re.search(r"Points +30% +30", page)


def test_a_snapshot_is_shown_with_the_rules_and_on_the_last_day_it_counts(folder: Path) -> None:
    document = parsed(folder, "show", "2-newer")
    assert (document["version"], document["on"]) == ("2026.2", "2026-07-04")
    assert "snapshot 2-newer" in said(folder, "show", "2-newer")


def test_a_snapshot_of_an_early_version_says_that_it_has_no_rules(folder: Path) -> None:
    result = run(folder, "show", "0-early")
    assert result.exit_code == 1
    assert "without the text of its rulebook" in result.stderr
    assert "0" * 64 in result.stderr


def test_names_are_text_and_nothing_else(folder: Path) -> None:
    page = said(folder, "show", str(folder / "hostile.toml"))
    assert page.count(SHOWN) == 2
    difference = said(folder, "diff", "1-older", str(folder / "hostile.toml"))
    assert difference.count(SHOWN) == 3
    assert SHOWN in said(folder, "check", str(folder / "twice.toml"))


# diff


def test_a_difference_is_told_by_section(folder: Path) -> None:
    for before, after in (("1-older", "2-newer"), ("1-older", str(folder / "raised.toml"))):
        assert said(folder, "diff", before, after).splitlines()[1:] == [
            "",
            "Name and version",
            '- The version is "2026.2" instead of "2026.1".',
            "",
            "Rates",
            "- An upload is worth 120 XP instead of 100, from 2000-01-01 on.",
        ]
    document = parsed(folder, "diff", "1-older", "2-newer")
    assert document["same_rules"] is False
    assert document["changes"][1] == {
        "section": "rates",
        "key": "xp.rates (from 2000-01-01).upload",
        "before": 100,
        "after": 120,
        "sentence": "An upload is worth 120 XP instead of 100, from 2000-01-01 on.",
        "first_day": "2000-01-01",
    }


def test_only_comments_changed(folder: Path) -> None:
    commented = str(folder / "commented.toml")
    assert "only comments, spacing" in said(folder, "diff", "1-older", commented)
    document = parsed(folder, "diff", "1-older", commented)
    assert (document["same_file"], document["same_rules"]) == (False, True)
    assert document["changes"] == []


def test_nothing_changed(folder: Path) -> None:
    assert "the same text" in said(folder, "diff", "1-older", str(folder / "rules.toml"))
    assert parsed(folder, "diff", "1-older", "1-older")["same_file"] is True


def test_a_change_under_an_old_version_is_said(folder: Path) -> None:
    assert "raise the version" in said(folder, "diff", "1-older", str(folder / "doubtful.toml"))


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["check", "none.toml"], "There is no file none.toml."),
        (["show", "none.toml"], "There is no file none.toml."),
        (["diff", "1-older", "../secrets"], "There is no file ../secrets."),
        (["diff", "none", "1-older"], "neither a file nor a snapshot"),
        (["show", "tests"], "neither a file nor a snapshot"),
    ],
)
def test_what_is_not_there_is_a_sentence(folder: Path, arguments: list[str], words: str) -> None:
    result = run(folder, *arguments)
    assert result.exit_code == 2
    assert words in result.stderr

"""How snapshots and producers are called, and what is said of a name that nobody has."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from cli.commands import app
from pipelines.publication.manifest import UnknownSnapshot
from pipelines.publication.retention import retire
from pipelines.published.named import AmbiguousSnapshot, named
from pipelines.published.snapshot import UnknownProducer, find_producer, open_snapshot
from pipelines.store.checksums import Damaged
from tests.analysis.kept import publish_three
from tests.published import progress_row, publish_by_hand

FIRST, SECOND, THIRD = "20261030T000000-aa", "20261031T000000-bb", "20261101T000000-cc"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("named")
    publish_three(folder)
    return folder


def run(folder: Path, *arguments: str, width: int = 200) -> Result:
    runner = CliRunner(env={"COLUMNS": str(width)})
    return runner.invoke(app, ["--config", str(folder / "beatxp.toml"), *arguments])


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("current", THIRD),
        ("previous", SECOND),
        (SECOND, SECOND),
        ("20261031", SECOND),
        ("2026110", THIRD),
        # The last one that was published then or before; without a zone it is UTC.
        ("2026-10-31", SECOND),
        ("2026-10-31T00:00:00Z", SECOND),
        ("2026-10-31T01:00+02:00", FIRST),
        ("2026-10-30 23:59:59.999999", FIRST),
        ("2099-01-01", THIRD),
    ],
)
def test_a_snapshot_has_many_names(folder: Path, name: str, expected: str) -> None:
    assert named(folder / "store", name).snapshot.snapshot_id == expected


@pytest.mark.parametrize(
    ("name", "kind", "sentence"),
    [
        ("2026103", AmbiguousSnapshot, f"begins with '2026103': {FIRST}, {SECOND}."),
        ("2026", AmbiguousSnapshot, "3 snapshots have an id"),
        ("2026-10-29", UnknownSnapshot, f"at 2026-10-29 (UTC) or before: the first one is {FIRST}"),
        ("nothing", UnknownSnapshot, "`beatxp snapshots` lists"),
        ("", UnknownSnapshot, "There is no snapshot ''"),
        # No time without hyphens: it could be the mistyped beginning of an id.
        ("20261102", UnknownSnapshot, "There is no snapshot"),
        ("../store", UnknownSnapshot, "There is no snapshot"),
    ],
)
def test_a_name_that_means_none_or_several(
    folder: Path, name: str, kind: type[Exception], sentence: str
) -> None:
    with pytest.raises(kind) as refusal:
        named(folder / "store", name)
    assert sentence in str(refusal.value)
    assert type(refusal.value) is kind


def test_before_the_first_snapshot_there_is_none(tmp_path: Path) -> None:
    store = publish_three(tmp_path)
    retire(store, 1)
    with pytest.raises(UnknownSnapshot, match="published before the current one"):
        named(store, "previous")


@pytest.mark.parametrize("name", ["previous", "2026-10-31", "2026-10-31T12:00"])
@pytest.mark.parametrize("damage", ["empty", "another's"])
def test_another_is_not_taken_for_one_that_is_damaged(
    tmp_path: Path, name: str, damage: str
) -> None:
    """The one before it was, without a word."""
    store = publish_three(tmp_path)
    manifest = store / "snapshots" / SECOND / "manifest.json"
    other = (store / "snapshots" / FIRST / "manifest.json").read_bytes()
    manifest.write_bytes(b"" if damage == "empty" else other)
    with pytest.raises(Damaged) as refusal:
        named(store, name)
    assert SECOND in str(refusal.value)
    assert named(store, "2026-10-30").snapshot.snapshot_id == FIRST


def test_what_is_not_there_since_the_current_one_is_damaged_says_so(tmp_path: Path) -> None:
    """Two manifests had changed places: there was nothing before the first one, and no reason."""
    store = publish_three(tmp_path)
    manifests = [store / "snapshots" / name / "manifest.json" for name in (SECOND, THIRD)]
    contents = [manifest.read_bytes() for manifest in manifests]
    for manifest, content in zip(manifests, reversed(contents), strict=True):
        manifest.write_bytes(content)
    said = run(tmp_path, "diff", "previous", "--json")
    assert said.exit_code == 2
    message = json.loads(said.stderr)["error"]["message"]
    assert f"the manifest of snapshot {THIRD} is damaged" in message


@pytest.mark.parametrize(
    "command",
    [
        ("show", "1", "--snapshot"),
        ("leaderboard", "plays", "--snapshot"),
        ("rejects", "--snapshot"),
        ("sql", "SELECT snapshot_id FROM snapshot", "--snapshot"),
    ],
)
def test_every_command_understands_them_and_says_which_one_is_meant(
    folder: Path, command: tuple[str, ...]
) -> None:
    for name in ("previous", "2026-10-31T12:00", "20261031"):
        said = run(folder, *command, name)
        assert said.exit_code == 0, said.output
        assert said.stderr == f"Snapshot {SECOND}, published 2026-10-31 00:00:00 (UTC).\n"
    assert run(folder, *command, SECOND).stderr == ""
    said = run(folder, *command, "previous", "--json")
    assert (said.exit_code, said.stderr) == (0, "")
    assert SECOND in said.stdout
    assert run(folder, *command, "2026").exit_code == 2


def test_two_snapshots_are_compared_by_their_names(folder: Path) -> None:
    said = run(folder, "diff", "previous", "2026-10-31T12:00")
    assert said.exit_code == 0, said.output
    assert f"From {SECOND}" in said.stdout
    assert "Both are the same snapshot" in said.stdout


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store of 50,000 producers with names like those of the demo."""
    folder = tmp_path_factory.mktemp("many")
    parts = [(first, second) for first in ("Lunar", "DJ Echo") for second in ("Tape", "Harbour")]
    names = [f"{first}{n} {second}" for n in range(12_500) for first, second in parts]
    rows: list[dict[str, Any]] = [progress_row(n, name) for n, name in enumerate(names, 1)]
    rows += [progress_row(10**9, "Honey River"), progress_row(2**60 + 1, "Ada")]
    publish_by_hand(folder, "20261101T000000-aa", datetime(2026, 11, 1), progress=rows)
    return folder


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("Hony River", " Did you mean 'Honey River' (1000000000)?"),
        ("honeyriver", " Did you mean 'Honey River' (1000000000)?"),
        ("Hnoey Rivre", " Did you mean 'Honey River' (1000000000)?"),
        ("honey", " Similar names: 'Honey River' (1000000000)."),
        ("Aad", " Did you mean 'Ada' (1152921504606846977)?"),
        ("xyzxyzxyz", ""),
        ("x", ""),
        (" ", ""),
        ("x" * 300, ""),
    ],
)
def test_a_name_that_is_spelt_nearly_right(many: Path, text: str, sentence: str) -> None:
    with pytest.raises(UnknownProducer) as refusal:
        find_producer(open_snapshot(many / "store"), text)
    said = f"No producer has the id or the display name {text!r} as of 2026-11-01 00:00:00 (UTC)."
    assert str(refusal.value) == said + sentence


def test_few_names_are_compared_letter_by_letter(
    many: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    compared: list[int] = []

    def compare(_: str, names: list[str], **__: object) -> list[str]:
        compared.append(len(names))
        return []

    monkeypatch.setattr("difflib.get_close_matches", compare)
    with pytest.raises(UnknownProducer):
        find_producer(open_snapshot(many / "store"), "Hony River " * 20)
    assert compared[0] <= 100


def test_a_misspelt_name_is_told_by_the_command(many: Path) -> None:
    said = run(many, "show", "Hony River")
    assert said.exit_code == 2
    assert said.stderr.endswith("Did you mean 'Honey River' (1000000000)?\n")


def test_ids_and_names_are_whole_at_any_width(many: Path) -> None:
    for width in (20, 40, 80):
        for command in (("show", f"{2**60 + 1}"), ("show", "1000000000")):
            said = run(many, *command, width=width)
            assert said.exit_code == 0
            assert command[1] in said.stdout

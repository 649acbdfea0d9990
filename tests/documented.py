"""The examples in the documents: a small marketplace in which every documented command is run.

An example is a fenced block of the kind `console`: a line that begins with "$ beatxp", and below it
what the command prints. `python -m tests.documented` writes the output of all examples anew.
"""

import json
import re
import shlex
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import chdir
from datetime import date, datetime
from pathlib import Path

from typer.testing import CliRunner

from cli.commands import app
from cli.demo_exports import write_demo_exports
from pipelines.refresh import refresh
from pipelines.settings import load_settings

PROJECT = Path(__file__).parents[1]
DOCUMENTS = sorted(
    path for path in (PROJECT / "docs").rglob("*.md") if "```console" in path.read_text()
)
WIDTH = "100"
_BLOCK = re.compile(r"(?<=```console\n).*?(?=```)", re.DOTALL)


def make_marketplace(folder: Path) -> None:
    """Publish three snapshots of a small made-up marketplace, the same ones each time.

    The first counts up to 31 October. The second counts a day more. Before the third come late
    plays, a removed track and a new rulebook. After it, one more file is on its way.
    """
    settings = folder / "dagster_project.toml"
    exports = folder / "exports"
    rules = (PROJECT / "rules/beatpass.toml").read_text()
    (folder / "rules.toml").write_text(rules)
    mistaken = _changed(rules, "play = 5000", "plays = 5000")
    (folder / "draft.toml").write_text(_changed(mistaken, '"common"', '"Common"'))
    doubtful = _changed(rules, "percent = 200", "percent = 2")
    easy = 'xp = 200\nmetric = "plays"\n'
    (folder / "doubtful.toml").write_text(_changed(doubtful, easy, easy.replace("200", "10000")))
    exports.mkdir()
    settings.write_text(
        '[project]\nexports = "exports"\nstore = "store"\nrulebook = "rules.toml"\n'
    )
    write_demo_exports(exports, producers=60, plays=20_000, until=date(2026, 11, 1))
    _publish(settings, datetime(2026, 10, 31))
    _publish(settings, datetime(2026, 11, 1))
    track = _remove_a_track(exports / "tracks")
    late = "".join(f"{10**9 + n},{track},2026-09-15T10:{n:02}:00Z,{n + 1},90\n" for n in range(20))
    header = "play_id,track_id,played_at,listener_id,seconds_played\n"
    (exports / "plays/late-2026-09-15.csv").write_text(header + late)
    rules = _changed(_changed(rules, "upload = 100", "upload = 120"), '"2026.1"', '"2026.2"')
    (folder / "rules.toml").write_text(rules)
    _publish(settings, datetime(2026, 11, 1, 12))
    (exports / "plays/late-2026-10-31.csv.tmp").write_text(header)
    rules = _changed(rules, '"2026.2"', '"2026.3"')
    (folder / "generous.toml").write_text(_changed(rules, "metadata = 50", "metadata = 80"))
    rates = "\n[[xp.rates]]\nfrom = 2027-01-01\nupload = 120\nplay = 2\nmetadata = 50\n"
    (folder / "later.toml").write_text(f"{rules}{rates}collaboration = 25\n")


def outputs(text: str) -> Iterator[tuple[str, str]]:
    """Each example of a document: the command line, and what is printed below it."""
    for block in _BLOCK.findall(text):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, _, printed = part.partition("\n")
            yield command, printed


def run(command: str, width: str = WIDTH) -> str:
    """What a command prints, in the current folder."""
    program, *arguments = shlex.split(command)
    assert program == "beatxp", f"An example runs beatxp, not {program}."
    runner = CliRunner(env={"COLUMNS": width})
    result = runner.invoke(app, arguments)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return "".join(f"{line.rstrip()}\n" for line in result.output.splitlines())


def _publish(settings: Path, as_of: datetime) -> None:
    refresh(load_settings(settings), as_of, clock=lambda: as_of.replace(minute=5))


def _changed(rules: str, old: str, new: str) -> str:
    assert old in rules
    return rules.replace(old, new, 1)


def _remove_a_track(folder: Path) -> int:
    """Write a dump like the newest one, except one track; the id of another published track."""
    lines = (folder / "2026-11-01.ndjson").read_text().split("\n")
    is_published = re.compile(r'"status": ?"published"')
    removed, other, *_ = (n for n, line in enumerate(lines) if is_published.search(line))
    lines[removed] = is_published.sub('"status":"removed"', lines[removed])
    (folder / "2026-11-01T06.ndjson").write_text("\n".join(lines))
    return int(json.loads(lines[other])["track_id"])


def _rewritten(text: str) -> str:
    def block(match: re.Match[str]) -> str:
        commands = [command for command, _ in outputs(f"```console\n{match[0]}```")]
        return "\n".join(f"$ {command}\n{run(command)}" for command in commands)

    return _BLOCK.sub(block, text)


def main() -> None:
    """Write the output of every example anew."""
    folder = Path(tempfile.mkdtemp())
    try:
        make_marketplace(folder)
        for document in DOCUMENTS:
            with chdir(folder):
                text = _rewritten(document.read_text())
            document.write_text(text)
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()

"""Weeks of hourly refreshes in minutes: `python -m tests.faults.day --refreshes 500 --seed 0`.

Each hour brings a file of plays, and by chance whatever else happens to a store in a long life. A
reader looks on all the time, and at the end the store holds what one holds that starts from
nothing.
"""

import argparse
import json
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Final

from cli.demo_exports import write_demo_exports
from pipelines.exports.erased import ERASED
from pipelines.publication.manifest import current
from tests.faults.answers import command
from tests.faults.refreshing import Refreshing
from tests.faults.tried import Tried
from tests.faults.watching import faults_of_published, watched
from tests.product import LENIENT, Project

_FIRST_HOUR: Final = datetime(2026, 11, 1)
_DUMP: Final = "tracks/2026-11-01.ndjson"
_HEADER: Final = "play_id,track_id,played_at,listener_id,seconds_played"
_PLAYS_AN_HOUR: Final = 6
_PRODUCERS: Final = 20
_LISTENERS: Final = 49
#: So often the store is compared with one from nothing.
_COMPARED: Final = 50
_VERIFIED: Final = 10
_LONGEST_SECONDS: Final = 1.5


class Life:
    """A store, the files that it is refreshed from, and the hour that it is."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.dice = Random(seed)
        self.project = Project(folder, LENIENT + "[snapshots]\nkeep = 6\n")
        self.project.exports.rmdir()
        write_demo_exports(self.project.exports, producers=_PRODUCERS, plays=900, months=1)
        self.project.rulebook.write_bytes(Path("rules/beatpass.toml").read_bytes())
        self.project.settings()
        self.settings = folder / "store.toml"
        self.root = folder / "store"
        self.hour = _FIRST_HOUR
        self.wrong: list[str] = []
        self.happened: Counter[str] = Counter()
        self.is_killed = False
        lines = (self.project.exports / _DUMP).read_text().splitlines()
        self._tracks = [json.loads(line)["track_id"] for line in lines]
        self._hours: list[Path] = []
        self._gone: dict[Path, str] = {}
        self._plays = 10**9
        self._child = Refreshing(self.settings)
        self._child.wait_until_ready()

    def deliver(self, hour: datetime) -> None:
        """A file of plays of an hour."""
        lines = [_HEADER]
        for _ in range(_PLAYS_AN_HOUR):
            self._plays += 1
            played = hour + timedelta(seconds=self.dice.randrange(3600))
            listener, seconds = self.dice.randint(1, _LISTENERS), self.dice.choice((5, 60, 200))
            track = self.dice.choice(self._tracks)
            lines.append(f"{self._plays},{track},{played.isoformat()}Z,{listener},{seconds}")
        path = self.project.exports / f"plays/hours/{hour:%Y-%m-%dT%H}-{self._plays}.csv"
        self._replace(path, "\n".join(lines) + "\n")
        self._hours.append(path)

    def deliver_late(self) -> None:
        """A file of an hour that is long over."""
        self.deliver(self.hour - timedelta(hours=self.dice.randrange(1, 24 * 20)))

    def correct(self) -> None:
        """A file comes again under its name, with other seconds."""
        path = self.dice.choice(self._hours)
        if path.exists():
            self._replace(path, path.read_text().replace(",60\n", ",7\n"))

    def withdraw(self) -> None:
        """A file vanishes, or one that did is back."""
        path = self.dice.choice(self._hours)
        if path.exists():
            self._gone[path] = path.read_text()
            path.unlink()
        else:
            self._replace(path, self._gone[path])

    def dump(self) -> None:
        """A new dump of tracks, in which one is missing."""
        lines = (self.project.exports / _DUMP).read_text().splitlines(keepends=True)
        lines.pop(self.dice.randrange(len(lines)))
        self._replace(
            self.project.exports / f"tracks/{self.hour:%Y-%m-%dT%H}.ndjson", "".join(lines)
        )

    def change_rules(self) -> None:
        """Uploads are worth something else."""
        text = self.project.rulebook.read_text()
        before, after = "upload = 100 ", "upload = 120 "
        if after in text:
            before, after = after, before
        assert before in text
        self._replace(self.project.rulebook, text.replace(before, after))

    def roll_back(self) -> None:
        """Somebody rolls back; a refresh is refused; somebody releases it."""
        before = current(self.root).snapshot.snapshot_id
        for words, status in (
            (("rollback", "previous"), 0),
            (("refresh", "--as-of", f"{self.hour.isoformat()}Z"), 1),
            (("release",), 0),
        ):
            told = command(self.settings, *words)
            if told.status != status:
                self.wrong.append(f"{words}: {told}")
        if current(self.root).snapshot.snapshot_id == before:
            self.wrong.append("a roll back shows the same snapshot")

    def erase(self) -> None:
        """A producer's or a listener's data is erased."""
        kind = self.dice.choice(("producer", "listener"))
        most = _PRODUCERS if kind == "producer" else _LISTENERS
        told = command(
            self.settings, "erase", f"--{kind}", str(self.dice.randint(1, most)), "--yes", "--json"
        )
        if told.status != 0:
            self.wrong.append(f"erase: {told}")

    def kill(self) -> None:
        """The next refresh is killed."""
        self.is_killed = True

    def refresh(self) -> str:
        """Refresh as of this hour; the content, or nothing if it was killed before it ended."""
        self._child.begin(self.hour)
        if not self.is_killed:
            content = self._child.content()
            if not content:
                self.wrong.append(f"refresh: {self._child.ended()}")
                self._begin_again()
            return content
        time.sleep(self.dice.uniform(0, _LONGEST_SECONDS))
        content, complaints = self._child.kill()
        if complaints:
            self.wrong.append(complaints)
        self.is_killed = False
        self._begin_again()
        return content

    def compare(self) -> None:
        """Compare with a store that starts from nothing."""
        anew = self.project.folder / "fresh"
        anew.mkdir(exist_ok=True)
        for erased in self.root.glob(ERASED):
            shutil.copy(erased, anew)
        fresh = self.project.refresh(self.hour, "fresh", full=True).manifest.snapshot
        if fresh.content_sha256 != current(self.root).snapshot.content_sha256:
            self.wrong.append("the store holds something else than one from nothing")

    def verify(self) -> None:
        """All that is kept is what was written."""
        told = command(self.settings, "verify", "--json")
        if told.status != 0:
            self.wrong.append(f"verify: {told}")
        self.wrong += faults_of_published(self.root, [current(self.root).snapshot.content_sha256])

    def end(self) -> None:
        """Nothing refreshes any more."""
        self._child.kill()

    def _begin_again(self) -> None:
        self._child = Refreshing(self.settings)
        self._child.wait_until_ready()

    def _replace(self, path: Path, text: str) -> None:
        path.parent.mkdir(exist_ok=True)
        hidden = path.with_name(f"{path.name}.tmp")
        hidden.write_text(text)
        hidden.replace(path)


#: What happens besides, and in how many hours of a hundred.
HAPPENINGS: Final[tuple[tuple[int, Callable[[Life], None]], ...]] = (
    (15, Life.deliver_late),
    (15, Life.correct),
    (8, Life.withdraw),
    (4, Life.dump),
    (4, Life.change_rules),
    (3, Life.roll_back),
    (3, Life.erase),
    (15, Life.kill),
)


def live(folder: Path, refreshes: int, seed: int) -> Life:
    """Let so many hours pass."""
    life = Life(folder, seed)
    life.deliver(life.hour - timedelta(hours=1))
    life.refresh()
    looked_on = Tried("a reader beside it")
    with watched(life.root, (), looked_on):
        _pass_hours(life, refreshes)
    life.happened[looked_on.what] += 1
    life.wrong += looked_on.wrong
    return life


def _pass_hours(life: Life, refreshes: int) -> None:
    try:
        for number in range(1, refreshes + 1):
            life.hour += timedelta(hours=1)
            life.deliver(life.hour - timedelta(hours=1))
            for percent, happening in HAPPENINGS:
                # The first hours leave snapshots to roll back to.
                if life.dice.randrange(100) < percent and number > 2:
                    happening(life)
                    life.happened[happening.__name__] += 1
            if not life.refresh() and number == refreshes:
                life.refresh()
            if number % _VERIFIED == 0:
                life.verify()
            if number % _COMPARED == 0 or number == refreshes:
                life.refresh()
                life.compare()
            if life.wrong:
                life.wrong.insert(0, f"hour {number}, {life.hour}:")
                break
    finally:
        life.end()


def main() -> int:
    """The exit status: 1 if anything is wrong."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults.day", description=__doc__)
    parser.add_argument("--refreshes", type=int, default=500)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="beatxp-day-") as folder:
        life = live(Path(folder) / "life", asked.refreshes, asked.seed)
    happened = ", ".join(f"{times:,} {name}" for name, times in sorted(life.happened.items()))
    minutes = (time.monotonic() - began) / 60
    sys.stdout.writelines(f"{line}\n" for line in life.wrong)
    sys.stdout.write(f"{asked.refreshes:,} hours in {minutes:.1f} minutes: {happened}\n")
    return int(bool(life.wrong))


if __name__ == "__main__":
    sys.exit(main())

"""What faults are done to: a small marketplace, of which three snapshots are kept."""

import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from cli.demo_exports import write_demo_exports
from dashboard.index.layout import lay_out, plan
from monitoring.record import keep_record
from pipelines.exports.ingest import STILL_NS
from pipelines.publication.manifest import current
from pipelines.settings import Settings
from tests.faults.answers import Answers, answers_of, command
from tests.product import LENIENT, Project

#: As of these times there is a snapshot each; faults meet the refresh as of the last.
TIMES = (datetime(2026, 10, 20), datetime(2026, 10, 27), datetime(2026, 11, 1))
#: The last of them, for commands.
AS_OF = f"{TIMES[-1].isoformat()}Z"
#: Where the dashboard lays snapshots out, in the store.
CACHE = "dashboard"
_WITH_BAD_ROWS = "plays/corrections/seconds-2026-10-31.csv"
_LATER = "plays/2026/plays-2026-10-17.csv"


@dataclass(eq=False)
class Market:
    """A project with the store `whole`, of which each try gets a copy.

    `same` is the content that a refresh finds again, `more` that with a file that arrives later;
    `answers` is what readers are told of each kept snapshot, by its id.
    """

    project: Project
    same: str = ""
    more: str = ""
    answers: dict[str, Answers] = field(default_factory=dict)

    @property
    def later(self) -> Path:
        """The file that arrives later, while it is not there yet."""
        return self.project.folder / "later.csv"

    def settings_file(self, store: str) -> Path:
        """The file with the settings of a store."""
        self.project.settings(store)
        return self.project.folder / f"{store}.toml"

    def settings(self, store: str) -> Settings:
        """The settings of a store."""
        return self.project.settings(store)

    @contextmanager
    def copied(self, name: str, whole: str = "whole") -> Iterator[Path]:
        """A copy of the store, which is removed at the end."""
        root = self.project.folder / name
        shutil.copytree(self.project.folder / whole, root)
        try:
            yield root
        finally:
            shutil.rmtree(root, ignore_errors=True)
            (self.project.folder / f"{name}.toml").unlink(missing_ok=True)

    @contextmanager
    def arrived(self) -> Iterator[None]:
        """The later file is among the exports."""
        place = self.project.exports / _LATER
        shutil.copyfile(self.later, place)
        try:
            yield
        finally:
            place.unlink()


def make_market(folder: Path) -> Market:
    """Write the exports, publish three snapshots, and note what is told of them."""
    project = Project(folder, LENIENT + "[snapshots]\nkeep = 4\n")
    project.exports.rmdir()
    write_demo_exports(project.exports, producers=20, plays=900, months=1)
    project.rulebook.write_bytes(Path("rules/beatpass.toml").read_bytes())
    market = Market(project)
    (project.exports / _LATER).rename(market.later)
    with (project.exports / _WITH_BAD_ROWS).open("a") as file:
        file.write("1,1,no time,1,90\n" * 3)
    # So that files are recognised by their times, and a refresh finds that nothing is new.
    time.sleep(STILL_NS / 1e9)
    for as_of in TIMES:
        market.same = project.refresh(as_of, "whole").manifest.snapshot.content_sha256
    root = folder / "whole"
    manifest = current(root)
    lay_out(root, root / CACHE, plan(manifest))
    with market.arrived(), market.copied("more"):
        market.more = project.refresh(TIMES[-1], "more").manifest.snapshot.content_sha256
    assert market.more != market.same
    settings = market.settings_file("whole")
    assert command(settings, "diff", "previous", "--json").status == 0
    keep_record(root, "published", TIMES[-1], TIMES[-1], {}, manifest)
    market.answers = {path.name: {} for path in (root / "snapshots").iterdir()}
    market.answers = {
        snapshot_id: answers_of(settings, snapshot_id) for snapshot_id in market.answers
    }
    assert len(market.answers) == len(TIMES)
    return market

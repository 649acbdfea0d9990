"""Which snapshot is shown: the published one, as soon as it is laid out for looking things up.

A request takes the current one once and answers from it alone. Those before it stay open for a
while, so that who reads a board page by page reads one board.
"""

import asyncio
import json
import logging
import os
import sys
from collections import OrderedDict
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Literal

from dashboard.boards import Boards
from dashboard.index.index import Index, open_index
from dashboard.index.layout import TABLES, is_laid_out
from dashboard.index.shards import Shard, remove_shards
from pipelines.boards.periods import last_day
from pipelines.publication.manifest import Manifest, NoSnapshot, kept

LOG = logging.getLogger("dashboard")
State = Literal["ready", "loading", "nothing published"]
#: Snapshots whose boards can still be paged through.
_OPEN = 3
#: How often to look whether there is another snapshot: one small file is read.
LOOK_SECONDS = 1.0
#: How long to wait at most after looking has failed again and again.
_LONGEST_SECONDS = 60.0
_BOARDS = ("leaderboard",)


class Served:
    """The snapshots that are open; the last one is the current one."""

    def __init__(self, root: Path, cache: Path) -> None:
        self._root = root
        self._cache = cache
        self._open: OrderedDict[str, Boards] = OrderedDict()
        self._looking = asyncio.Lock()
        #: When kept snapshots were published, and up to which day they count: manifests are large.
        self._times: dict[str, tuple[datetime, date]] = {}

    @property
    def snapshot_id(self) -> str | None:
        """The id of the snapshot that is shown; None if there is none yet."""
        return next(reversed(self._open), None)

    @property
    def state(self) -> State:
        """Whether a snapshot is shown, or is being laid out and opened, or there is none yet."""
        if self._open:
            return "ready"
        return "loading" if _pointer_file(self._root).exists() else "nothing published"

    @property
    def current(self) -> Boards:
        """The snapshot that is shown. Raises NoSnapshot."""
        if not self._open:
            raise NoSnapshot("No snapshot is shown yet.")
        return next(reversed(self._open.values()))

    def get(self, snapshot_id: str | None) -> Boards:
        """The current snapshot, or one that was a moment ago. Raises NoSnapshot."""
        if snapshot_id is None:
            return self.current
        if snapshot_id not in self._open:
            raise NoSnapshot(f"The snapshot {snapshot_id} is no longer shown; begin at the top.")
        return self._open[snapshot_id]

    async def follow(self, seconds: float) -> None:
        """Look for a new snapshot, again and again, until cancelled."""
        wait = seconds
        while True:
            try:
                await self.look()
            except Exception:
                LOG.exception("The published snapshot cannot be opened; the one before is shown.")
                await asyncio.sleep(wait)
                wait = min(2 * wait, _LONGEST_SECONDS)
            else:
                wait = seconds
                await asyncio.sleep(wait)

    async def look(self) -> bool:
        """Open the published snapshot if it is another one; whether it was."""
        async with self._looking:
            return await self._look()

    async def _look(self) -> bool:
        found = _pointer(self._root)
        if found is None or self.snapshot_id == found:
            return False
        manifest = await asyncio.to_thread(kept, self._root, found)
        await self._lay_out(manifest, TABLES)
        earlier = await self._last_day(manifest)
        index = await asyncio.to_thread(self._opened, manifest, TABLES)
        opened = Boards(index, earlier)
        for name, boards in self._open.items():
            self._open[name] = boards.only_boards()
        self._open[found] = opened
        self._open.move_to_end(found)
        while len(self._open) > _OPEN:
            self._open.popitem(last=False)
        await asyncio.to_thread(remove_shards, self._cache, self._mapped())
        return True

    def _mapped(self) -> dict[str, Shard]:
        return {name: one for boards in self._open.values() for name, one in boards.shards.items()}

    async def _last_day(self, manifest: Manifest) -> Index | None:
        """The boards of the last day before a snapshot's: without them it is shown all the same."""
        try:
            earlier = await asyncio.to_thread(self._last_day_before, manifest)
            if earlier is None:
                return None
            await self._lay_out(earlier, _BOARDS)
            return await asyncio.to_thread(self._opened, earlier, _BOARDS)
        except Exception:
            LOG.exception("The last day's boards cannot be opened; nobody's movement is shown.")
            return None

    def _opened(self, manifest: Manifest, tables: Sequence[str]) -> Index:
        return open_index(self._root, self._cache, manifest, tables, self._mapped())

    async def _lay_out(self, manifest: Manifest, tables: Sequence[str]) -> None:
        if await asyncio.to_thread(is_laid_out, self._cache, manifest, tables):
            return
        snapshot_id = manifest.snapshot.snapshot_id
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "dashboard.index", self._root, self._cache, snapshot_id),
            *tables,
            env=os.environ | {"POLARS_MAX_THREADS": "1"},
        )
        try:
            if await process.wait() != 0:
                raise OSError(f"The snapshot {snapshot_id} could not be laid out.")
        except asyncio.CancelledError:
            process.terminate()
            await process.wait()
            raise

    def _last_day_before(self, manifest: Manifest) -> Manifest | None:
        """The last kept snapshot that counts up to an earlier day."""
        mine = manifest.snapshot
        names = sorted(
            path.parent.name for path in (self._root / "snapshots").glob("*/manifest.json")
        )
        for name in reversed(names):
            try:
                if name not in self._times:
                    row = kept(self._root, name).snapshot
                    self._times[name] = row.published_at, last_day(row.as_of)
                published_at, day = self._times[name]
                if published_at < mine.published_at and day < last_day(mine.as_of):
                    return kept(self._root, name)
            except NoSnapshot:
                continue
        return None


def _pointer(root: Path) -> str | None:
    try:
        found: str = json.loads(_pointer_file(root).read_bytes())["snapshot_id"]
    except FileNotFoundError:
        return None
    return found


def _pointer_file(root: Path) -> Path:
    return root / "current.json"

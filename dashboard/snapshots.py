"""Which snapshot is shown: the published one, as soon as it is laid out for looking things up.

A request takes the current one once and answers from it alone. Who reads a board page by page reads
one board: those shown before stay open for a while, and any that is kept is opened again.
"""

import asyncio
import logging
import os
import re
import sys
from collections import OrderedDict
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Literal

from dashboard.boards import Boards
from dashboard.index.index import Index, open_index
from dashboard.index.layout import TABLES, is_laid_out, plan
from dashboard.index.shards import Shard, remove_shards
from pipelines.boards.periods import last_day
from pipelines.publication.manifest import (
    Manifest,
    NoSnapshot,
    Shown,
    find_current,
    kept,
    kept_ids,
    pointer_to,
    read_pointer,
)
from pipelines.store.checksums import Damaged

LOG = logging.getLogger("dashboard")
State = Literal["ready", "loading", "nothing published"]
#: Snapshots that stay open after they were shown, the current one included.
_OPEN = 3
#: Kept snapshots that are open since somebody pages through them.
_REOPENED = 4
#: What an address can ask for: a folder's name, and no way out of it.
_ID = re.compile(r"[0-9A-Za-z-]{1,100}")
#: How often to look whether there is another snapshot: one small file is read.
LOOK_SECONDS = 1.0
#: How long to wait at most after looking has failed again and again.
_LONGEST_SECONDS = 60.0
_BOARDS = ("leaderboard",)
_NAMED_BOARDS = ("progress", "text_ids", *_BOARDS)


class Served:
    """The snapshots that are open; the last one is the current one."""

    def __init__(self, root: Path, cache: Path) -> None:
        self._root = root
        self._cache = cache
        #: What is wrong with the store's word on which snapshot is published; None if nothing is.
        self.fault: str | None = None
        self._open: OrderedDict[str, Boards] = OrderedDict()
        #: What the store says of the one that is shown.
        self._shown: Shown | None = None
        self._looking = asyncio.Lock()
        #: Those that were opened again, the last asked for at the end; those that are about to be.
        self._reopened: OrderedDict[str, Boards] = OrderedDict()
        self._awaited: dict[str, asyncio.Task[Boards | None]] = {}
        self._reopening = asyncio.Lock()
        #: Folders of what is being opened: they must not be removed meanwhile.
        self._wanted: list[set[str]] = []
        self._removing = asyncio.Lock()
        #: Up to which day kept snapshots count: manifests are large.
        self._last_days: dict[str, date] = {}

    @property
    def snapshot_id(self) -> str | None:
        """The id of the snapshot that is shown; None if there is none yet."""
        return next(reversed(self._open), None)

    @property
    def state(self) -> State:
        """Whether a snapshot is shown, or is being laid out and opened, or there is none yet."""
        if self._open:
            return "ready"
        return "loading" if (self._root / "current.json").exists() else "nothing published"

    @property
    def current(self) -> Boards:
        """The snapshot that is shown. Raises NoSnapshot."""
        if not self._open:
            raise NoSnapshot("No snapshot is shown yet.")
        return next(reversed(self._open.values()))

    @property
    def index(self) -> Index | None:
        """The snapshot that is shown; None if there is none yet."""
        return self.current.index if self._open else None

    async def boards_of(self, snapshot_id: str) -> Boards | None:
        """The boards of a kept snapshot, opened if they are not; None if it is gone.

        Who asks for one that is being opened waits with those who did before.
        """
        if snapshot_id in self._open:
            return self._open[snapshot_id]
        if snapshot_id in self._reopened:
            self._reopened.move_to_end(snapshot_id)
            return self._reopened[snapshot_id]
        if not _ID.fullmatch(snapshot_id):
            return None
        if snapshot_id not in self._awaited:
            self._awaited[snapshot_id] = asyncio.create_task(self._reopen(snapshot_id))
        # Whoever goes away does not take it from the others.
        return await asyncio.shield(self._awaited[snapshot_id])

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
        pointer = await asyncio.to_thread(read_pointer, self._root)
        if pointer is not None and self._shown == pointer.shown:
            self.fault = None
            return False
        try:
            manifest, self.fault = await asyncio.to_thread(find_current, self._root)
        except NoSnapshot:
            return False
        found, shown = manifest.snapshot.snapshot_id, pointer_to(manifest).shown
        if self._shown == shown:
            return False
        opened = await self._boards(manifest, TABLES)
        if self._shown is not None and self._shown.erased != shown.erased:
            # What is open shows somebody whose data was erased.
            self._open.clear()
            self._reopened.clear()
        self._shown = shown
        for name, boards in self._open.items():
            self._open[name] = boards.only_boards()
        self._open[found] = opened
        self._open.move_to_end(found)
        while len(self._open) > _OPEN:
            self._open.popitem(last=False)
        await self._remove_others()
        return True

    async def _reopen(self, snapshot_id: str) -> Boards | None:
        try:
            manifest = await asyncio.to_thread(kept, self._root, snapshot_id)
            async with self._reopening:
                boards = (await self._boards(manifest, _NAMED_BOARDS, True)).only_boards()
                self._reopened[snapshot_id] = boards
                if len(self._reopened) > _REOPENED:
                    self._reopened.popitem(last=False)
                    await self._remove_others()
        except NoSnapshot:
            return None
        except Exception:
            LOG.exception("The snapshot %s cannot be opened; another is shown.", snapshot_id)
            return None
        finally:
            del self._awaited[snapshot_id]
        return boards

    async def _boards(
        self, manifest: Manifest, tables: Sequence[str], is_awaited: bool = False
    ) -> Boards:
        index = await self._opened(manifest, tables, is_awaited)
        return Boards(index, await self._last_day(manifest, is_awaited))

    def _mapped(self) -> dict[str, Shard]:
        boards = (*self._open.values(), *self._reopened.values())
        return {name: shard for one in boards for name, shard in one.shards.items()}

    async def _remove_others(self) -> None:
        """Remove the shards of what is not open, nor being opened."""
        async with self._removing:
            keep = {*self._mapped(), *(name for folders in self._wanted for name in folders)}
            await asyncio.to_thread(remove_shards, self._cache, keep)

    async def _last_day(self, manifest: Manifest, is_awaited: bool) -> Index | None:
        """The boards of the last day before a snapshot's: without them it is shown all the same."""
        try:
            earlier = await asyncio.to_thread(self._last_day_before, manifest)
            if earlier is None:
                return None
            return await self._opened(earlier, _BOARDS, is_awaited)
        except Exception:
            LOG.exception("The last day's boards cannot be opened; nobody's movement is shown.")
            return None

    async def _opened(self, manifest: Manifest, tables: Sequence[str], is_awaited: bool) -> Index:
        """Lay a snapshot's tables out and open them."""
        wanted = {shard.folder for shard in plan(manifest, tables).values()}
        async with self._removing:
            self._wanted.append(wanted)
        try:
            await self._lay_out(manifest, tables, is_awaited)
            mapped = self._mapped()
            return await asyncio.to_thread(
                open_index, self._root, self._cache, manifest, tables, mapped
            )
        finally:
            self._wanted.remove(wanted)

    async def _lay_out(self, manifest: Manifest, tables: Sequence[str], is_awaited: bool) -> None:
        if await asyncio.to_thread(is_laid_out, self._cache, manifest, tables):
            return
        snapshot_id = manifest.snapshot.snapshot_id
        haste = "awaited" if is_awaited else "ahead"
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "dashboard.index", haste),
            *(self._root, self._cache, snapshot_id),
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
        for name in reversed(kept_ids(self._root)):
            try:
                if name not in self._last_days:
                    row = kept(self._root, name).snapshot
                    self._last_days[name] = last_day(row.as_of)
                if name < mine.snapshot_id and self._last_days[name] < last_day(mine.as_of):
                    return kept(self._root, name)
            except (NoSnapshot, Damaged):
                continue
        return None

"""What nothing refers to any more is removed, and nothing that is not this program's."""

import os
import re
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path

from pipelines.store.atomic import remove, remove_folder
from pipelines.store.scratch import remove_abandoned
from pipelines.store.store import SANDBOX, Store

#: How the folder of a contribution begins: with the hash of the export file.
_CONTRIBUTION = re.compile(r"[0-9a-f]{40}-")
#: Where earlier versions opened sandboxes, and may have left some.
_FORMER_SANDBOX = "laboratory"


def sweep(store: Store, roots: Iterable[str]) -> int:
    """Delete the files that nothing refers to any more, and what sandboxes left behind.

    Kept is what the store itself refers to, and `roots`: the files of kept snapshots, and the
    folders of contributions. Returns how many files and contributions went. Call it under the
    store's lock.
    """
    keep = store.referenced().union(roots)
    removed = 0
    for top in ("tables", "work/tables"):
        for file in _entries(store.root, top):
            if file.endswith(".parquet") and file not in keep:
                remove(store.root / file)
                removed += 1
    for folder in _entries(store.root, "work/files"):
        if folder not in keep and is_contribution(store.root / folder):
            remove_folder(store.root / folder)
            removed += 1
    remove_abandoned(store.root / SANDBOX)
    shutil.rmtree(store.root / _FORMER_SANDBOX, ignore_errors=True)
    return removed


def is_contribution(path: Path) -> bool:
    """Whether this is the folder of what an export file contributed."""
    return _CONTRIBUTION.match(path.name) is not None and path.is_dir()


def _entries(root: Path, top: str) -> Iterator[str]:
    """What is in the folders in a folder of the store, by paths below the store's."""
    if (root / top).is_dir():
        with os.scandir(root / top) as folders:
            for folder in folders:
                if folder.is_dir():
                    yield from (f"{top}/{folder.name}/{name}" for name in os.listdir(folder))

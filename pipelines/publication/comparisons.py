"""Where comparisons of two kept snapshots are: they go with the first of the two that goes.

A comparison is a folder that is named after both snapshots and a key, and appears whole.
"""

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from uuid import uuid4

from pipelines.store.atomic import is_leftover, place_folder, remove_folder, write_bytes

#: Below the store's folder.
FOLDER = "comparisons"
_BETWEEN = "_"


def comparison_folder(root: Path, before: str, after: str, key: str) -> Path:
    """The folder of a comparison of two snapshots, by their ids; it need not be there."""
    return root / FOLDER / _BETWEEN.join((before, after, key))


def keep_comparison(folder: Path, files: Mapping[str, bytes]) -> None:
    """Put a folder with these files in its place, whole. Raises OSError."""
    unfinished = folder.with_name(f".{uuid4().hex}.tmp")
    try:
        for name, data in files.items():
            write_bytes(data, unfinished / name, durable=False)  # placing the folder syncs all
        # Whatever is there is damaged, or was put there meanwhile and says the same.
        place_folder(unfinished, folder, anew=True)
    finally:
        remove_folder(unfinished)


def forget_comparisons(root: Path, kept: Iterable[str]) -> None:
    """Remove the comparisons with a snapshot that is not kept, and what was left unfinished.

    What is none is left alone. Whoever is about to finish one meanwhile only loses what would be
    remembered.
    """
    ids = set(kept)
    try:
        names = os.listdir(root / FOLDER)
    except FileNotFoundError:
        return
    for name in names:
        before, _, rest = name.partition(_BETWEEN)
        after, is_one, _ = rest.partition(_BETWEEN)
        if is_leftover(name) or (is_one and not ids.issuperset((before, after))):
            remove_folder(root / FOLDER / name)

"""Whether all files of a snapshot have the bytes that were written."""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from pipelines.publication.manifest import Manifest
from pipelines.store.checksums import Damaged, damage_of


def damaged_files(
    root: Path, manifest: Manifest, tables: Iterable[str], workers: int
) -> list[Damaged]:
    """The files of some tables that are gone or damaged, as what reading each would raise.

    What this process wrote, or verified before, is not read again. Raises OSError.
    """
    paths = [path for table in tables for path in manifest.paths(root, table)]
    with ThreadPoolExecutor(workers) as pool:
        return [damage for damage in pool.map(damage_of, paths) if damage is not None]

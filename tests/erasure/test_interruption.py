"""An erasure that dies at any moment is finished by the next one, or by the next refresh.

The process is ended without any clean-up at chosen writes to the disk. After each death a reader
must find each kept snapshot whole, as it was or as it is to be.
"""

import os
from pathlib import Path

from pipelines.erasure.erase import is_unfinished
from pipelines.publication.manifest import all_kept, current
from pipelines.store.checksums import checksum_of_file
from tests.dying import die
from tests.erasure.erasing import NOW, erase_from, places_of
from tests.erasure.test_erase import GONE, LATER, LISTENER, TRACES, published
from tests.product import Project

__all__ = ["published"]

ERASE = """
from pipelines.erasure.erase import erase
from pipelines.refresh import Watcher, open_store
from pipelines.settings import load_settings
settings = load_settings(Path(sys.argv[0]))
store = open_store(settings)
with store.lock(1):
    now = datetime.fromisoformat(sys.argv[1])
    whom = [int(sys.argv[2])], [int(sys.argv[3])]
    erase(settings, store, *whom, 2, now, Watcher().step)
"""
DEATHS = int(os.environ.get("BEATXP_DEATHS", "6"))


def dying_erasure(project: Project, at_write: int) -> int:
    project.settings()
    settings = project.folder / "store.toml"
    return die(ERASE, at_write, settings, NOW.isoformat(), GONE, LISTENER)


def whole(root: Path) -> list[str]:
    """The contents of the kept snapshots, of which every file is the one that was written."""
    manifests = all_kept(root)
    for manifest in manifests:
        for table in ("snapshot", *manifest.tables):
            for path in manifest.paths(root, table):
                assert checksum_of_file(path) == path.name.split(".")[-2]
    assert current(root) == manifests[-1]
    return [manifest.snapshot.content_sha256 for manifest in manifests]


def test_a_death_at_any_write_is_survived(published: Project, tmp_path: Path) -> None:
    before = whole(published.folder / "store")
    undisturbed = published.copied(tmp_path / "undisturbed")
    writes = dying_erasure(undisturbed, 10**9)
    after = whole(undisturbed.folder / "store")
    assert not set(before) & set(after)

    for death in range(DEATHS):
        project = published.copied(tmp_path / f"dying-{death}")
        store = project.folder / "store"
        dying_erasure(project, 1 + (writes - 1) * death // (DEATHS - 1))
        found = whole(store)
        assert all(
            a in both for a, both in zip(found, zip(before, after, strict=True), strict=True)
        )
        if death % 2:
            erase_from(project, [GONE], [LISTENER])
        elif is_unfinished(store):
            project.refresh(LATER)
        else:
            erase_from(project, [GONE], [LISTENER])
        assert not is_unfinished(store)
        assert whole(store) == after
        assert not places_of(store, TRACES)

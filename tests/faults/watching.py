"""`python -m tests.faults.watching STORE CONTENT...`: read what is published, again and again.

Every checksum and every sum is checked, and that the content is one of those that may be there.
What is wrong is a line on standard output; the last line says how often it was read. Ends when its
standard input does.
"""

import select
import subprocess
import sys
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

from pipelines.publication.manifest import NoSnapshot, find_current, read_manifest
from pipelines.published.snapshot import PublishedSnapshot, xp_totals
from pipelines.store.checksums import Damaged, verify, verify_again
from tests.faults.tried import Tried

#: Others want to work, too.
_PAUSE_SECONDS = 0.03


def faults_of_published(root: Path, contents: Collection[str]) -> Iterator[str]:
    """What is wrong with what a reader finds just now, in sentences. Nothing may be published.

    `contents` are those that may be there, all if it is empty.
    """
    verify_again()
    try:
        manifest, fault = find_current(root)
    except NoSnapshot:
        return
    if fault is not None:
        yield fault
    if contents and manifest.snapshot.content_sha256 not in contents:
        yield f"{manifest.snapshot.content_sha256} is published"
    snapshot = PublishedSnapshot(root, manifest)
    try:
        for table in ("snapshot", *manifest.tables):
            for path in manifest.paths(root, table):
                verify(path)
        booked = snapshot.scan("xp_ledger").collect()["xp"].sum()
        summed = xp_totals(snapshot).ledger
    except (Damaged, OSError) as error:
        # A reader who takes very long may read of a snapshot that is not kept any more, or that was
        # changed by an erasure.
        if read_manifest(root, manifest.snapshot.snapshot_id) == manifest:
            yield str(error)
        return
    if booked != summed:
        yield f"the ledger has {booked} XP, and producers {summed}"


@contextmanager
def watched(root: Path, contents: Collection[str], tried: Tried) -> Iterator[None]:
    """A reader looks at the store all the time; what it finds wrong is added to a try."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.faults.watching", str(root), *contents],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield
    finally:
        said = process.communicate()[0].splitlines()
        tried.what = f"a reader beside it, {said[-1] if said else 0} times"
        tried.seen = "right each time"
        tried.wrong += said[:-1] if said else ["the reader has died"]


def main(root: str, *contents: str) -> None:
    """Read until standard input ends."""
    times = 0
    while not select.select([sys.stdin], [], [], _PAUSE_SECONDS)[0]:
        for fault in faults_of_published(Path(root), contents):
            sys.stdout.write(f"reader: {' '.join(fault.split())}\n")
        times += 1
    sys.stdout.write(f"{times}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])

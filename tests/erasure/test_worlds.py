"""A store from which somebody was erased is what it would be had they never been in the exports.

Random worlds arrive in steps. After one of them producers and listeners are erased: every kept
snapshot becomes what a fresh store with the same list publishes, and so does each later refresh,
whatever is delivered again. An oracle that leaves the same rows out says so, too.
"""

import os
import shutil
from pathlib import Path
from random import Random

import pytest

from pipelines.publication.manifest import all_kept
from tests.erasure.erasing import erase_from
from tests.oracle.inputs import Erased
from tests.oracle.tables import compute
from tests.product import EVERY_STEP, Project
from tests.test_worlds import KEYS, differences
from tests.worlds import Step, World

#: `make soak` raises it.
WORLDS = max(4, int(os.environ.get("BEATXP_WORLDS", "16")) // 4)
FIRST = int(os.environ.get("BEATXP_FIRST_WORLD", "0"))


def fresh_with_list(project: Project, name: str) -> None:
    """A store with nothing in it but the list of the grown one."""
    (project.folder / name).mkdir()
    shutil.copy(project.folder / "grown/erased.json", project.folder / name)


@pytest.mark.parametrize("seed", range(FIRST, FIRST + WORLDS))
def test_who_was_erased_was_never_there(seed: int, tmp_path: Path) -> None:
    project, chance = Project(tmp_path), Random(seed)
    steps = World(seed).steps
    at = chance.randrange(len(steps))
    erased = Erased(
        frozenset(chance.sample(range(1, 12), 2)), frozenset(chance.sample(range(1, 40), 6))
    )

    def install(step: Step) -> None:
        step.install(project.exports)
        project.rulebook.write_text(step.rulebook_toml)

    for step in steps[: at + 1]:
        install(step)
        project.refresh(step.as_of, "grown")
    receipt = erase_from(project, erased.producers, erased.listeners, "grown")
    newest = all_kept(project.folder / "grown")[-1]
    assert receipt.rows
    assert not receipt.removed
    for number, step in enumerate(steps[at:]):
        where = f"world {seed}, step {at + number}"
        if number:
            install(step)
            newest = project.refresh(step.as_of, "grown").manifest
        if not (EVERY_STEP or number == 0 or step is steps[-1]):
            continue
        fresh_with_list(project, f"fresh-{number}")
        fresh = project.refresh(step.as_of, f"fresh-{number}").manifest
        expected = compute(project.exports, step.rulebook, step.as_of, erased=erased)
        tables = project.tables(fresh, f"fresh-{number}")
        wrong = [d for name in KEYS for d in differences(name, tables[name], expected[name])]
        assert not wrong, f"{where}:\n" + "\n".join(wrong[:20])
        if newest.snapshot.as_of == fresh.snapshot.as_of:
            assert newest.tables == fresh.tables, f"{where}: other files"
        again = project.refresh(step.as_of, "grown")
        assert again.manifest.snapshot.content_sha256 == fresh.snapshot.content_sha256

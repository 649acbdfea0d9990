"""Worlds as other systems would have exported them: they say the same as before."""

from pathlib import Path
from typing import Any

import pytest

from tests.oracle import compute
from tests.worlds import World
from tests.worlds.mapped import mapped
from tests.worlds.mapped.ids import Texts


def translated(tables: dict[str, list[dict[str, Any]]], texts: Texts) -> dict[str, Any]:
    """Tables with the ids that texts have, without what says how files were written."""
    return {
        name: sorted(
            (
                row | {"producer_id": texts.producer(row["producer_id"])}
                if "producer_id" in row
                else row
                for row in rows
            ),
            key=str,
        )
        for name, rows in tables.items()
        if name not in ("files", "rejects", "bad_cells")
    }


@pytest.mark.parametrize("seed", range(4))
def test_a_mapped_world_means_what_the_plain_one_means(seed: int, tmp_path: Path) -> None:
    for number, one in enumerate(mapped(seed, World(seed, 0.3).steps)):
        for step, name in ((one.plain, "plain"), (one.step, "mapped")):
            step.install(tmp_path / name)
        plain = compute(tmp_path / "plain", one.plain.rulebook, one.plain.as_of)
        other = compute(tmp_path / "mapped", one.step.rulebook, one.step.as_of, one.tables)
        want, got = translated(plain, one.texts), translated(other, Texts({}))
        for table, rows in want.items():
            assert got[table] == rows, f"world {seed}, step {number}: {table}\n{one.settings}"

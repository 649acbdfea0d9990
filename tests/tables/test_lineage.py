"""The inputs that tables are declared with are those that their steps read."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import pytest

from pipelines.refresh import Watcher, deliver, look, new_request, running
from pipelines.steps import DELIVERIES, STEPS, Step, perform, tables_of
from pipelines.store.results import StepResult
from pipelines.store.store import Store
from pipelines.tables import TABLES, Table
from tests.product import Project
from tests.worlds import World


class RecordingStore(Store):
    """A store that knows which tables were read."""

    def __init__(self, root: Path) -> None:
        super().__init__(root, "recorded", durable=False)
        self.read_tables: set[str] = set()

    def paths(self, table: Table) -> list[str]:
        self.read_tables.add(table.name)
        return super().paths(table)


class Recorded(NamedTuple):
    """What a step read, and what it has published or made."""

    reads: set[str]
    made: set[str]


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Recorded]:
    """What each step does in a world in which every rule is in force."""
    project = Project(tmp_path_factory.mktemp("lineage"))
    for step in World(5).steps:
        step.install(project.exports)
    project.rulebook.write_text(with_every_rule(step.rulebook_toml))
    settings = project.settings()
    store = RecordingStore(settings.project.store)
    request = new_request(settings, step.as_of.replace(tzinfo=None))
    found = {}
    with running(settings, store, request) as run:
        delivered = deliver(settings, store, request, look(settings), Watcher().reading)
        results: dict[str, StepResult] = dict(zip(DELIVERIES, delivered, strict=True))
        for performed in STEPS:
            store.read_tables = set()
            needed = {name: results[name] for name in performed.needs}
            result = results[performed.name] = perform(run, performed, request.key, needed)
            found[performed.name] = Recorded(store.read_tables, set(result.tables()))
    return found


def with_every_rule(rulebook: str) -> str:
    """The rulebook with self plays not counted, so that self listeners are asked for."""
    return rulebook.replace("count_self_plays = true", "count_self_plays = false")


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.name)
def test_inputs_are_what_a_step_reads_or_is_handed(
    recorded: dict[str, Recorded], step: Step
) -> None:
    """A day of plays, for one, is often not read again: what was counted of it is handed over."""
    declared = {name for table in tables_of(step.name).values() for name in table.inputs}
    own = recorded[step.name].made | {table.name for table in TABLES.values() if table.internal}
    read = recorded[step.name].reads - own
    assert read <= declared
    handed_over = {table for need in step.needs for table in before(need)}
    assert declared - read - own <= handed_over | {"deliveries"}


def before(step: str) -> set[str]:
    """The tables of a step and of all those that it needs."""
    found = set(tables_of(step))
    for one in STEPS:
        if one.name == step:
            found |= {table for need in one.needs for table in before(need)}
    return found


def test_inputs_lead_back_to_the_exports() -> None:
    def sources(name: str, seen: Sequence[str]) -> set[str]:
        assert name not in seen, f"a circle: {seen}"
        inputs = TABLES[name].inputs if name in TABLES else ()
        return {name} if not inputs else {s for one in inputs for s in sources(one, [*seen, name])}

    for table in TABLES.values():
        if not table.internal:
            # Levels and achievements are also the rulebook's.
            assert sources(table.name, []) <= {"deliveries", "levels"}, table.name

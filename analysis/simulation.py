"""The same exports under another rulebook: what it would change, before it is made.

Nothing that is published is touched. The snapshot under the other rulebook is computed as a refresh
would compute it, so that it is what a refresh would publish.
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime

import polars as pl

from analysis.comparison import (
    compare_achievements,
    compare_boards,
    compare_levels,
    compare_producers,
    compare_sources,
)
from analysis.scenario import Sandbox, Scenario, open_sandbox
from pipelines.boards.periods import calendar, last_day
from pipelines.errors import Problem
from pipelines.publication.manifest import Snapshot, last_check
from pipelines.published.origin import rulebook_of
from pipelines.published.snapshot import PublishedSnapshot, open_snapshot
from pipelines.published.text_ids import with_texts
from pipelines.refresh import Watcher
from pipelines.rulebook import Rulebook
from pipelines.rulebook.change import Change, ChangedSection
from pipelines.rulebook.changes import changes
from pipelines.rulebook.warnings import warnings
from pipelines.settings import Settings


@dataclass(frozen=True)
class Simulation:
    """Two snapshots of the same exports and time, and what differs; see `analysis.comparison`.

    `is_published`: whether `before` is the published snapshot itself, not one computed for this.
    `warnings`: what the other rulebook hardly means.
    What is computed for this has no ledger except the days that boards are made from, and so
    neither an id nor a content_sha256 that means anything.
    """

    is_published: bool
    before: Snapshot
    after: Snapshot
    rules: list[Change]
    warnings: list[Problem]
    producers: pl.DataFrame
    levels: pl.DataFrame
    sources: pl.DataFrame
    achievements: pl.DataFrame
    boards: pl.DataFrame

    @property
    def told_rules(self) -> list[tuple[ChangedSection, str]]:
        """What differs in the rules: a section and a sentence, which says what is yet to begin."""
        day = last_day(self.before.as_of)
        return [(change.section, change.told_on(day)) for change in self.rules]

    @property
    def tables(self) -> dict[str, pl.DataFrame]:
        """The frames by name."""
        return {
            name: getattr(self, name)
            for name in ("producers", "levels", "sources", "achievements", "boards")
        }


def simulate(
    settings: Settings,
    rulebook: Rulebook,
    as_of: datetime | None = None,
    watcher: Watcher | None = None,
) -> Simulation:
    """What the published snapshot would be under another rulebook.

    With `as_of` (UTC without a zone), what a refresh at that time would publish of the export files
    that are present now, under the published snapshot's rulebook and under the other one. Raises
    NoSnapshot, ExportFilesGone, ExportsChanging.
    """
    published = open_snapshot(settings.project.store)
    moment = published.row.as_of if as_of is None else as_of
    # Boards of the month and the week are made from the ledger.
    first = min(first for _, first, _ in calendar(moment))
    with open_sandbox(settings, watcher, first) as sandbox:
        if as_of is None:
            scenario = sandbox.scenario_of(published)
        else:
            scenario = Scenario(sandbox.present(), rulebook_of(published.manifest), as_of)
        is_published = as_of is None and _is_of_this_version(sandbox, published)
        before = sandbox.opened(published) if is_published else sandbox.derive(scenario).snapshot
        after = sandbox.derive(replace(scenario, rulebook=rulebook)).snapshot
        with ThreadPoolExecutor() as pool:
            compared = (compare_producers, compare_sources, compare_achievements, compare_boards)
            found = [pool.submit(compare, before, after) for compare in compared]
            producers, sources, achievements, boards = (future.result() for future in found)
        producers = with_texts(producers, before, after)
        return Simulation(
            is_published=is_published,
            before=before.row,
            after=after.row,
            rules=changes(scenario.rulebook, rulebook),
            warnings=warnings(rulebook, last_day(moment)),
            producers=producers,
            levels=compare_levels(producers),
            sources=sources,
            achievements=achievements,
            boards=boards,
        )


def _is_of_this_version(sandbox: Sandbox, published: PublishedSnapshot) -> bool:
    """Whether the code that published a snapshot is this one: else it would be compared, too."""
    checked = last_check(published.root)
    return (
        checked is not None
        and checked.snapshot_id == published.row.snapshot_id
        and checked.version == sandbox.store.version
    )

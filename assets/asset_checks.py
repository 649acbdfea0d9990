"""The checks that stand before publication; each is blocking.

Guards are no such check: publication asks them itself, and the asset `snapshot` shows them.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

import dagster as dg

from assets.resources import ProjectResource
from pipelines.ledger.ledger import Ledger
from pipelines.progress.progress import Progress
from pipelines.publication.inputs import Inputs
from pipelines.publication.publish import Unbalanced
from pipelines.publication.reconciliation import check_rows, check_totals
from pipelines.reference.comparison import Comparison

#: Producers whose values are computed a second time each hour.
SAMPLE: Final = 100
_COMPARED: Final = ["inputs", "progress", "xp_ledger", "level_ups", "unlocks"]


_Check = Callable[[ProjectResource], Iterator[dg.AssetCheckResult]]


def _before_publication(
    asset: str, additional_deps: Sequence[str] = ()
) -> Callable[[_Check], dg.AssetChecksDefinition]:
    """A blocking check that may say more than whether it passes: see `_verdict`."""

    def checked(check: _Check) -> dg.AssetChecksDefinition:
        spec = dg.AssetCheckSpec(
            check.__name__,
            asset=asset,
            description=check.__doc__,
            additional_deps=additional_deps,
            blocking=True,
        )
        return dg.multi_asset_check(specs=[spec])(check)

    return checked


@_before_publication("inputs")
def rows_balance(project: ProjectResource) -> Iterator[dg.AssetCheckResult]:
    """Per entity, rows read = accepted + duplicates + rejected."""
    with project.session() as session:
        broken = check_rows(session.store, session.result("inputs", Inputs))
        yield from _verdict(broken, {"complaints": broken})


@_before_publication("progress", additional_deps=["xp_ledger"])
def totals_match_ledger(project: ProjectResource) -> Iterator[dg.AssetCheckResult]:
    """Producers' points are the sum of the ledger, source by source."""
    with project.session() as session:
        broken = check_totals(
            session.store,
            session.result("xp_ledger", Ledger),
            session.result("progress", Progress),
        )
        yield from _verdict(broken, {"complaints": broken})


@_before_publication("leaderboard", additional_deps=_COMPARED)
def agrees_with_sql(project: ProjectResource) -> Iterator[dg.AssetCheckResult]:
    """Every value is what the SQL files alone give, from the accepted rows on."""
    with project.session() as session:
        yield from _agreement(session.compare_with_rules())


@_before_publication("leaderboard", additional_deps=_COMPARED)
def sample_agrees_with_sql(project: ProjectResource) -> Iterator[dg.AssetCheckResult]:
    """The same for some producers, other ones each hour, and all ranks from the scores."""
    with project.session() as session:
        yield from _agreement(session.compare_with_rules(SAMPLE))


def _agreement(compared: Sequence[Comparison]) -> Iterator[dg.AssetCheckResult]:
    broken = [
        f"{table.table}: {table.different:,} of {table.rows:,} rows differ from the rules."
        for table in compared
        if table.different
    ]
    metadata = {
        table.table: dg.MetadataValue.json(
            {
                "rows": table.rows,
                "different": table.different,
                "first": [
                    [
                        {name: str(value) for name, value in (side or {}).items()}
                        for side in (found.key, found.computed, found.published)
                    ]
                    for found in table.first
                ],
            }
        )
        for table in compared
    }
    yield from _verdict(broken, metadata)


def _verdict(broken: list[str], metadata: Mapping[str, Any]) -> Iterator[dg.AssetCheckResult]:
    """The check's result; and if it does not pass, a failure that says why, where Dagster would
    only say that a check failed.
    """
    yield dg.AssetCheckResult(
        passed=not broken, description=" ".join(broken) or None, metadata=metadata
    )
    if broken:
        raise Unbalanced(broken)

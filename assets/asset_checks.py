"""The checks that stand before publication; each is blocking."""

from typing import Final

import dagster as dg

from assets.resources import ProjectResource, Session
from assets.steps import explained
from pipelines.exports.dumps import Dumps
from pipelines.exports.ingest import Deliveries
from pipelines.ledger.ledger import Ledger
from pipelines.progress.progress import Progress
from pipelines.publication.guards import check_guards
from pipelines.publication.inputs import Inputs
from pipelines.publication.manifest import NoSnapshot, current
from pipelines.publication.publish import Refused, Unbalanced
from pipelines.publication.reconciliation import check_rows, check_totals

#: Producers whose values are computed a second time each hour.
SAMPLE: Final = 100
_COMPARED: Final = ["inputs", "progress", "xp_ledger", "level_ups", "unlocks"]


@dg.asset_check(asset="inputs", blocking=True)
def rows_balance(project: ProjectResource) -> dg.AssetCheckResult:
    """Per entity, rows read = accepted + duplicates + rejected."""
    session = project.session
    return _adds_up(session, check_rows(session.store, session.result("inputs", Inputs)))


@dg.asset_check(asset="progress", blocking=True, additional_deps=["xp_ledger"])
def totals_match_ledger(project: ProjectResource) -> dg.AssetCheckResult:
    """Producers' points are the sum of the ledger, source by source."""
    session = project.session
    return _adds_up(
        session,
        check_totals(
            session.store,
            session.result("xp_ledger", Ledger),
            session.result("progress", Progress),
        ),
    )


@dg.asset_check(asset="inputs", blocking=True)
def guards_hold(project: ProjectResource) -> dg.AssetCheckResult:
    """Too much bad input stops the publication, unless the refresh was asked to ignore it."""
    session = project.session
    try:
        published = current(session.store.root)
    except NoSnapshot:
        published = None
    complaints = check_guards(
        session.settings.guards,
        session.result("deliveries", Deliveries),
        session.result("dumps", Dumps).current_rows,
        session.result("inputs", Inputs).event_rows,
        published,
    )
    said = [str(complaint) for complaint in complaints]
    if session.unchanged is not None or session.request.ignore_guards:
        return dg.AssetCheckResult(passed=True, metadata={"ignored": said})
    if complaints:
        session.ended = Refused(complaints)
    return _verdict(said)


@dg.asset_check(asset="leaderboard", blocking=True, additional_deps=_COMPARED)
def agrees_with_sql(project: ProjectResource) -> dg.AssetCheckResult:
    """Every value is what the SQL files alone give, from the accepted rows on."""
    with explained():
        return _agreement(project.session)


@dg.asset_check(asset="leaderboard", blocking=True, additional_deps=_COMPARED)
def sample_agrees_with_sql(project: ProjectResource) -> dg.AssetCheckResult:
    """The same for some producers, other ones each hour, and all ranks from the scores."""
    with explained():
        return _agreement(project.session, SAMPLE)


def _agreement(session: Session, producers: int | None = None) -> dg.AssetCheckResult:
    compared = session.compare_with_rules(producers)
    differences = [
        f"{table.table}: {table.different:,} of {table.rows:,} rows differ from the rules."
        for table in compared
        if table.different
    ]
    if differences:
        session.ended = Unbalanced(differences)
    return dg.AssetCheckResult(
        passed=not differences,
        description=" ".join(differences) or None,
        metadata={
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
        },
    )


def _adds_up(session: Session, complaints: list[str]) -> dg.AssetCheckResult:
    if complaints:
        session.ended = Unbalanced(complaints)
    return _verdict(complaints)


def _verdict(complaints: list[str]) -> dg.AssetCheckResult:
    return dg.AssetCheckResult(
        passed=not complaints,
        description=" ".join(complaints) or None,
        metadata={"complaints": complaints},
    )

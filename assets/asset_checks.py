"""The checks that stand before publication; each is blocking."""

import dagster as dg

from assets.resources import ProjectResource
from pipelines.exports.dumps import Dumps
from pipelines.exports.ingest import Deliveries
from pipelines.ledger.ledger import Ledger
from pipelines.progress.progress import Progress
from pipelines.publication.guards import check_guards
from pipelines.publication.inputs import Inputs
from pipelines.publication.manifest import NoSnapshot, current
from pipelines.publication.reconciliation import check_rows, check_totals


@dg.asset_check(asset="inputs", blocking=True)
def rows_balance(project: ProjectResource) -> dg.AssetCheckResult:
    """Per entity, rows read = accepted + duplicates + rejected."""
    session = project.session
    return _verdict(check_rows(session.store, session.result("inputs", Inputs)))


@dg.asset_check(asset="progress", blocking=True, additional_deps=["xp_ledger"])
def totals_match_ledger(project: ProjectResource) -> dg.AssetCheckResult:
    """Producers' points are the sum of the ledger, source by source."""
    session = project.session
    return _verdict(
        check_totals(
            session.store,
            session.result("xp_ledger", Ledger),
            session.result("progress", Progress),
        )
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
    return _verdict(said)


def _verdict(complaints: list[str]) -> dg.AssetCheckResult:
    return dg.AssetCheckResult(
        passed=not complaints,
        description=" ".join(complaints) or None,
        metadata={"complaints": complaints},
    )

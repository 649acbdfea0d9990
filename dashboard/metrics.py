"""What operators see of a server: metrics for Prometheus, and a line of JSON for each request."""

import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dashboard.jobs import Job
from dashboard.snapshots import Served
from monitoring.metrics import StoreMetrics
from pipelines.publication.hold import held
from pipelines.publication.manifest import NoSnapshot, last_check

LOG = structlog.get_logger()
_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 1.0, 5.0)
#: Looked at every few seconds by machines: not worth a line each.
_QUIET = {"/healthz", "/readyz", "/metrics"}


class Metrics:
    """The numbers of one server."""

    def __init__(self, store: Path, served: Served, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._served = served
        self._clock = clock
        self._registry = CollectorRegistry()
        self.requests = Histogram(
            "beatxp_request_seconds",
            "Time until a request was answered.",
            ("method", "route", "status"),
            buckets=_BUCKETS,
            registry=self._registry,
        )
        self.repeated = Counter(
            "beatxp_repeated_answers",
            "Requests that were answered with what had been made for one before.",
            registry=self._registry,
        )
        self.refreshes = Counter(
            "beatxp_refreshes",
            "Refreshes that viewers asked for, by how they ended.",
            ("state",),
            registry=self._registry,
        )
        for name, says, value in (
            ("beatxp_snapshot_age_seconds", "Time since the shown snapshot.", self._age),
            (
                "beatxp_last_check_age_seconds",
                "Time since a refresh published, or found that nothing is new.",
                self._check_age,
            ),
            (
                "beatxp_notices",
                "What the last refresh had to say about its input; `beatxp refresh` says it again.",
                self._notices,
            ),
            (
                "beatxp_publication_held",
                "1 after a roll back, until publication is released.",
                lambda: float(held(store) is not None),
            ),
            (
                "beatxp_snapshot_ready",
                "1 if a snapshot is shown.",
                lambda: float(served.state == "ready"),
            ),
        ):
            Gauge(name, says, registry=self._registry).set_function(value)
        self._registry.register(StoreMetrics(store))

    def count(self, job: Job) -> None:
        """Count a refresh that has ended."""
        self.refreshes.labels(job.state).inc()
        log = LOG.warning if job.state == "failed" else LOG.info
        log("refresh ended", job=job.job_id, state=job.state, detail=job.detail, said=job.said)

    def text(self) -> bytes:
        """All numbers in Prometheus' text format."""
        return generate_latest(self._registry)

    def _age(self) -> float:
        try:
            published_at = self._served.current.index.row.published_at
        except NoSnapshot:
            return float("nan")
        return (self._clock() - published_at).total_seconds()

    def _check_age(self) -> float:
        checked = last_check(self._store)
        if checked is None:
            return float("nan")
        return (self._clock() - checked.checked_at).total_seconds()

    def _notices(self) -> float:
        checked = last_check(self._store)
        return float("nan") if checked is None else len(checked.notices)


class Observed:
    """ASGI middleware: measures each request and writes its line."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        started = time.perf_counter()
        status = 500

        async def noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, noting)
        finally:
            seconds = time.perf_counter() - started
            route = getattr(scope.get("route"), "path", "none")
            metrics: Metrics = scope["app"].state.metrics
            metrics.requests.labels(scope["method"], route, str(status)).observe(seconds)
            if scope["path"] not in _QUIET:
                LOG.info(
                    "request",
                    method=scope["method"],
                    path=scope["path"],
                    status=status,
                    milliseconds=round(1000 * seconds, 2),
                    viewer=scope.get("state", {}).get("viewer", ""),
                )

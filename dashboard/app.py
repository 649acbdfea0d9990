"""The application, put together: see the package's modules for what each part does."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable
from datetime import datetime
from http import HTTPStatus
from pathlib import Path

import httpx2
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.responses import Response
from starlette.staticfiles import StaticFiles

from dashboard import api, operations, pages
from dashboard.asked import Context, Parts
from dashboard.description import described
from dashboard.jobs import Jobs, Work
from dashboard.jwks import PlatformKeys
from dashboard.observed import LOG, Metrics, Observed
from dashboard.problems import ProblemError, problem
from dashboard.rendering import STATIC, local, page
from dashboard.security import Security
from dashboard.served import LOOK_SECONDS, Served
from dashboard.viewers import NOBODY, Viewers
from dashboard.workers import DagsterServer, Worker, refresh_and_show
from pipelines.settings import Settings

_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_FOR_SCRIPTS = ("/api/", "/healthz", "/readyz", "/metrics")


def create_app(settings: Settings, file: Path, clock: Callable[[], datetime]) -> FastAPI:
    """The application for a settings file.

    `clock` tells UTC without a zone. Raises KeysError if the API keys cannot be read.
    """
    store = settings.project.store
    client = httpx2.AsyncClient()
    jwks = settings.login.jwks
    platform_keys = PlatformKeys(jwks, client, time.monotonic) if jwks else None
    served = Served(store, store / "dashboard")
    metrics = Metrics(store, served, clock)
    dagster = settings.dashboard.dagster
    work: Work = DagsterServer(dagster, client, file).refresh if dagster else Worker(file).refresh
    jobs = Jobs(
        refresh_and_show(work, served),
        clock,
        settings.dashboard.viewer_cooldown_seconds,
        settings.dashboard.cooldown_seconds,
        metrics.count,
    )

    @contextlib.asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        follower = asyncio.create_task(served.follow(LOOK_SECONDS))
        yield
        follower.cancel()
        await asyncio.gather(follower, return_exceptions=True)
        await jobs.stop()
        await client.aclose()

    hosts = frozenset({*settings.dashboard.names, *_LOOPBACK})
    if settings.login.is_configured and not settings.dashboard.names:
        hosts = frozenset()  # whoever asks is told apart by their token
    app = FastAPI(
        title="BeatXP",
        version="1",
        description="XP, levels, achievements and ranks, from one published snapshot per answer.",
        openapi_url="/api/v1/openapi.json",
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
        middleware=[Middleware(Observed), Middleware(Security, hosts=hosts)],
    )
    app.state.metrics = metrics
    app.state.parts = Parts(
        store, served, jobs, Viewers(settings.login, platform_keys), settings.login.cookie, clock
    )
    for part in (api, operations, pages):
        app.include_router(part.router)
    app.openapi = described(app, settings.login.cookie)  # type: ignore[method-assign]
    app.mount("/static", StaticFiles(directory=STATIC))
    app.add_exception_handler(ProblemError, _problem)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _fault)
    return app


async def _problem(request: Request, error: Exception) -> Response:
    """What went wrong, as a document for scripts or as a page."""
    assert isinstance(error, ProblemError)
    if request.url.path.startswith(_FOR_SCRIPTS):
        return problem(request, error)
    # A page for whoever it is: that they are not known may be what went wrong.
    asked = Context(NOBODY, request.app.state.parts)
    title = HTTPStatus(error.status).phrase
    back = request.query_params.get("back")
    answer = page(
        request,
        asked,
        "problem.html",
        None,
        error.status,
        problem=error,
        title=title,
        back=local(back) if back else None,
    )
    answer.headers.update(error.headers)
    return answer


async def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    said = "; ".join(
        f"{'.'.join(str(key) for key in one['loc'])}: {one['msg']}" for one in error.errors()
    )
    is_path = all(one["loc"][0] == "path" for one in error.errors())
    return await _problem(request, ProblemError(404 if is_path else 422, said))


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    detail = "There is nothing here." if error.status_code == 404 else str(error.detail)
    return await _problem(request, ProblemError(error.status_code, detail, error.headers))


async def _fault(request: Request, error: Exception) -> Response:
    LOG.error("fault", path=request.url.path, exc_info=error)
    return await _problem(request, ProblemError(500, "Something went wrong here; it is logged."))

"""The application, put together: see the package's modules for what each part does."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx2
from fastapi import FastAPI
from starlette.types import ASGIApp, Receive, Scope, Send

from dashboard import api, operations, pages
from dashboard.compression import Compressed
from dashboard.context import Parts
from dashboard.encoded_slashes import EncodedSlashes
from dashboard.head_requests import Heads
from dashboard.jobs import Jobs, Work
from dashboard.jwks import FOLLOW_SECONDS, PlatformKeys
from dashboard.keys import ApiKeys
from dashboard.metrics import Metrics, Observed
from dashboard.openapi import described
from dashboard.problem_pages import add_problem_pages
from dashboard.remembered import Remembered
from dashboard.rendering import prepare
from dashboard.security import Security
from dashboard.sign_in import LOOPBACK
from dashboard.snapshots import LOOK_SECONDS, Served
from dashboard.static_files import HashedFiles
from dashboard.viewers import Viewers
from dashboard.workers import DagsterServer, Worker, refresh_and_show, refresh_command
from pipelines.settings import Settings


class Application(FastAPI):
    """FastAPI, with what surrounds every answer: also the one to a fault, and to a refusal."""

    def __init__(self, hosts: frozenset[str], **described: Any) -> None:
        super().__init__(**described)
        self._hosts = hosts

    def build_middleware_stack(self) -> ASGIApp:
        """Measured outside, then secured, then what FastAPI itself puts around.

        HEAD is answered as GET is, so that it has the same headers.
        """
        inner = super().build_middleware_stack()
        outer = Observed(Security(EncodedSlashes(Heads(inner)), self._hosts))

        async def around(scope: Scope, receive: Receive, send: Send) -> None:
            # Starting and ending a server are no requests.
            await (outer if scope["type"] == "http" else inner)(scope, receive, send)

        return around


def create_app(settings: Settings, file: Path, clock: Callable[[], datetime]) -> FastAPI:
    """The application for a settings file.

    `clock` tells UTC without a zone. Raises KeysError if the API keys cannot be read.
    """
    store = settings.project.store
    client = httpx2.AsyncClient()
    login = settings.login
    platform_keys = (
        PlatformKeys(login.jwks, login.algorithms, client, time.monotonic) if login.jwks else None
    )
    served = Served(store, store / "dashboard")
    api_keys = ApiKeys(login.api_keys) if login.api_keys else None
    viewers = Viewers(login, platform_keys, api_keys, lambda: served.index)
    metrics = Metrics(store, served, clock)
    dagster = settings.dashboard.dagster
    work: Work = (
        DagsterServer(dagster, client, file).refresh
        if dagster
        else Worker(refresh_command(file)).refresh
    )
    jobs = Jobs(
        refresh_and_show(work, served),
        clock,
        time.monotonic,
        settings.dashboard.viewer_cooldown_seconds,
        settings.dashboard.cooldown_seconds,
        metrics.count,
    )

    @contextlib.asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        followers = [
            asyncio.create_task(served.follow(LOOK_SECONDS)),
            asyncio.create_task(asyncio.to_thread(prepare)),
        ]
        if platform_keys is not None:
            followers.append(asyncio.create_task(platform_keys.follow(FOLLOW_SECONDS)))
        yield
        for follower in followers:
            follower.cancel()
        await asyncio.gather(*followers, return_exceptions=True)
        await jobs.stop()
        await client.aclose()

    hosts = frozenset({*(name.lower() for name in settings.dashboard.names), *LOOPBACK})
    if login.is_configured and not settings.dashboard.names:
        hosts = frozenset()  # whoever asks is told apart by their token
    app = Application(
        hosts,
        title="BeatXP",
        version="2",
        description="XP, levels, achievements and ranks, from one published snapshot per answer.",
        openapi_url="/api/v2/openapi.json",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,  # it would lead to whatever host was asked for
        lifespan=lifespan,
    )
    app.state.metrics = metrics
    app.state.parts = Parts(
        store,
        served,
        jobs,
        viewers,
        login.cookie,
        login.sign_in,
        clock,
        settings.dashboard.earnings,
    )
    for router in (api.router, api.former, operations.router, pages.router):
        app.include_router(router)
    app.openapi = described(app, settings.login.cookie)  # type: ignore[method-assign]
    app.mount("/static", HashedFiles())
    # The last one is outside: answers are kept as they are sent.
    app.add_middleware(Compressed)
    app.add_middleware(Remembered)
    add_problem_pages(app)
    return app

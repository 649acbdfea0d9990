"""Applications over published snapshots, answered within the test's own process."""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import jwt
import pytest
import structlog
from fastapi import FastAPI
from fastapi.testclient import TestClient

from dashboard.app import create_app
from dashboard.index.layout import lay_out, plan
from pipelines.publication.manifest import all_kept
from pipelines.settings import Settings
from tests.dashboard.marketplace import NOW, publish_marketplace, with_login
from tests.dashboard.text_producers import publish_text_producers
from tests.dashboard.tokens import AUDIENCE, CURVE, ISSUER, KEY

Open = Callable[..., TestClient]


@pytest.fixture(scope="session", autouse=True)
def logs() -> None:
    """Faults are logged in few words, as `beatxp serve` does: pictures of them take seconds."""
    structlog.configure(
        processors=[structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
    )


@pytest.fixture(scope="session")
def marketplace(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A store with two snapshots, laid out."""
    settings = publish_marketplace(tmp_path_factory.mktemp("marketplace"))
    lay_out_all(settings)
    return settings


@pytest.fixture(scope="session")
def text_producers(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A store with two snapshots of producers whose ids are texts, laid out."""
    settings = publish_text_producers(tmp_path_factory.mktemp("texts"))
    lay_out_all(settings)
    return settings


@pytest.fixture
def open_app() -> Iterator[Open]:
    """Open an application for settings; it shows the current snapshot."""
    with ExitStack() as stack:

        def opened(settings: Settings, file: Path = Path("unused.toml")) -> TestClient:
            app = create_app(settings, file, lambda: NOW)
            client = stack.enter_context(
                TestClient(app, base_url="http://127.0.0.1", follow_redirects=False)
            )
            look(client)
            return client

        yield opened


@pytest.fixture
def client(open_app: Open, marketplace: Settings) -> TestClient:
    """The marketplace without a login: whoever looks sees all."""
    return open_app(marketplace)


@pytest.fixture(scope="session")
def jwks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("keys") / "jwks.json"
    keys = []
    for name, key, algorithm in (("one", KEY, "RS256"), ("curve", CURVE, "ES256")):
        made = jwt.get_algorithm_by_name(algorithm).to_jwk(key.public_key(), as_dict=True)
        keys.append({**made, "kid": name, "alg": algorithm, "use": "sig"})
    path.write_text(json.dumps({"keys": keys}))
    return path


@pytest.fixture
def platform(open_app: Open, marketplace: Settings, jwks: Path) -> TestClient:
    """The marketplace for viewers with tokens of the platform."""
    return open_app(with_login(marketplace, jwks=str(jwks), issuer=ISSUER, audience=AUDIENCE))


def look(client: TestClient) -> None:
    """Let the application see what is published now."""
    assert client.portal is not None
    assert isinstance(client.app, FastAPI)
    client.portal.call(client.app.state.parts.served.look)


def lay_out_all(settings: Settings) -> None:
    """Lay all kept snapshots out within this process, which is quicker than another one."""
    store = settings.project.store
    for manifest in all_kept(store):
        lay_out(store, store / "dashboard", plan(manifest))

"""While a started server makes the published snapshot ready: it says so, and pages come again."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from dashboard.app import create_app
from dashboard.snapshots import Served
from pipelines.settings import Settings
from tests.dashboard.conftest import Open, look
from tests.dashboard.marketplace import NOW

BOARD = "/leaderboards/plays/all_time"


@pytest.fixture
def loading(marketplace: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    """The marketplace on a server that has not looked at what is published so far."""

    async def follow(_: Served, seconds: float) -> None:
        assert seconds

    monkeypatch.setattr(Served, "follow", follow)
    app = create_app(marketplace, marketplace.project.store / "unused.toml", lambda: NOW)
    with TestClient(app, base_url="http://127.0.0.1", follow_redirects=False) as client:
        yield client


@pytest.mark.parametrize("address", ["/producers", "/producers/1", BOARD, "/how-xp-works"])
def test_pages_say_that_the_snapshot_is_loading_and_come_again(
    loading: TestClient, address: str
) -> None:
    page = loading.get(address)
    assert page.status_code == 503
    assert page.headers["retry-after"] == "2"
    assert "<h1>Loading…</h1>" in page.text
    assert "Nothing published" not in page.text
    assert "Not updated yet" not in page.text
    assert "Refresh" not in page.text
    assert '<noscript><meta http-equiv="refresh" content="2"></noscript>' in page.text
    assert 'data-comes-again="2"' in page.text
    look(loading)
    assert loading.get(address).status_code == 200


def test_scripts_and_machines_are_told_the_same(loading: TestClient) -> None:
    answer = loading.get("/api/v2/snapshot")
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "2"
    assert answer.json()["detail"] == "The published snapshot is loading; ask again in 2 s."
    ready = loading.get("/readyz")
    assert (ready.status_code, ready.headers["retry-after"]) == (503, "2")
    assert ready.json() == {"ready": False, "state": "loading"}
    look(loading)
    assert loading.get("/readyz").json() == {"ready": True, "state": "ready"}


def test_without_a_pointer_nothing_is_published(
    open_app: Open, marketplace: Settings, tmp_path: Path
) -> None:
    project = marketplace.project.model_copy(update={"store": tmp_path / "store"})
    client = open_app(marketplace.model_copy(update={"project": project}))
    page = client.get(BOARD)
    assert (page.status_code, "retry-after" in page.headers) == (503, False)
    assert "<h1>Nothing published yet</h1>" in page.text
    assert "data-comes-again" not in page.text
    assert client.get("/readyz").json() == {"ready": False, "state": "nothing published"}
    assert client.get("/api/v2/snapshot").json()["detail"] == "Nothing has been published yet."

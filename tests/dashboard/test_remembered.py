"""An answer that was made once is what would be made again, or it is not given."""

import asyncio
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from starlette.types import Message, Receive, Scope, Send

from dashboard.answers import KEEP, Keep
from dashboard.app import create_app
from dashboard.jobs import Ended
from dashboard.remembered import Remembered
from dashboard.rights import ANYBODY
from pipelines.publication.hold import roll_back
from pipelines.publication.manifest import current, kept, point_to
from pipelines.settings import Settings
from tests.dashboard.conftest import lay_out_all, look
from tests.dashboard.marketplace import NOW, publish_marketplace
from tests.dashboard.tokens import BOARD, MINE, bearer, token

PAGE = "/leaderboards/plays/all_time"
#: All kinds of answers that can be kept.
ADDRESSES = (
    BOARD,
    f"{BOARD}?first=2&rows=1",
    f"{BOARD}/around/3",
    f"{BOARD}/rows.csv",
    MINE,
    "/api/v2/snapshot",
    "/api/v2/how-xp-works",
    "/api/v2/producers/1/ledger.csv",
    "/producers",
    "/producers/1",
    "/producers/1?state=locked",
    PAGE,
    f"{PAGE}?producer=3",
    "/how-xp-works",
)


class Clock:
    """A clock that stands still until it is set."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock(NOW)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    settings = publish_marketplace(tmp_path)
    lay_out_all(settings)
    return settings


@pytest.fixture
def own(settings: Settings, clock: Clock) -> Iterator[TestClient]:
    """A marketplace of the test's own, and its clock."""
    app = create_app(settings, Path("unused.toml"), clock)
    with TestClient(app, base_url="http://127.0.0.1", follow_redirects=False) as client:
        look(client)
        yield client


def repeated(client: TestClient) -> int:
    """How many answers were given again."""
    found = re.search(r"^beatxp_repeated_answers_total (\S+)$", client.get("/metrics").text, re.M)
    assert found is not None
    return int(float(found[1]))


@pytest.mark.parametrize("address", ADDRESSES)
@pytest.mark.parametrize("encoding", ["gzip", "identity"])
def test_who_asks_again_is_told_the_same(client: TestClient, address: str, encoding: str) -> None:
    takes = {"accept-encoding": encoding}
    first, again = (client.get(address, headers=takes) for _ in range(2))
    assert first.status_code == 200
    assert (again.content, again.headers) == (first.content, first.headers)
    head = client.head(address, headers=takes)
    assert (head.content, head.headers) == (b"", first.headers)
    known = client.get(address, headers=takes | {"if-none-match": first.headers["etag"]})
    assert (known.status_code, known.content) == (304, b"")
    assert known.headers["etag"] == first.headers["etag"]
    assert known.headers["vary"] == first.headers["vary"]
    assert "content-length" not in known.headers
    assert repeated(client) == 3


def test_what_was_known_is_told_once_it_is_asked_for(client: TestClient) -> None:
    """304 says nothing that could be kept."""
    answer, same = client.get(BOARD), f"{BOARD}?first=1"
    known = client.get(same, headers={"if-none-match": answer.headers["etag"]})
    assert known.status_code == 304
    assert client.get(same).content == answer.content
    assert repeated(client) == 0


@pytest.mark.parametrize("address", [BOARD, PAGE, "/api/v2/snapshot"])
def test_nobody_is_told_what_another_was(platform: TestClient, address: str) -> None:
    tokens = [
        bearer(token(producer_id=1)),
        bearer(token(producer_id="3")),
        bearer(token(producer_id=1, roles=["analyst"])),
    ]
    answers = [platform.get(address, headers=headers) for headers in (*tokens, {})]
    tags = [answer.headers["etag"] for answer in answers]
    assert len({*tags}) == len(tags)
    again = [platform.get(address, headers=headers) for headers in (*tokens, {})]
    assert [answer.content for answer in again] == [answer.content for answer in answers]
    assert repeated(platform) == len(tags)


def test_a_token_that_has_expired_since_is_refused(platform: TestClient) -> None:
    assert platform.get(MINE, headers=bearer(token())).status_code == 200
    expired = bearer(token(exp=NOW - timedelta(days=400)))
    assert platform.get(MINE, headers=expired).status_code == 401
    assert platform.get(MINE).status_code == 401


def test_who_was_refused_is_never_remembered(platform: TestClient) -> None:
    """A board is shown all the same, and says that the sign-in has expired."""
    cookie = f"beatxp_token={token(exp=NOW - timedelta(days=400))}"
    for _ in range(2):
        assert "expired" in platform.get(PAGE, headers={"cookie": cookie}).text
    assert "expired" not in platform.get(PAGE).text
    assert repeated(platform) == 0


@pytest.mark.parametrize("address", [BOARD, PAGE, MINE, "/producers/1"])
def test_all_is_forgotten_with_the_snapshot(
    own: TestClient, settings: Settings, address: str
) -> None:
    store = settings.project.store
    newest = current(store)
    before = own.get(address)
    point_to(store, kept(store, "20261031T000500000000-earlier"))
    look(own)
    earlier = own.get(address)
    assert earlier.headers["etag"] != before.headers["etag"]
    assert repeated(own) == 0
    point_to(store, newest)
    look(own)
    assert own.get(address).content == before.content
    assert repeated(own) == 0


def test_a_page_grows_older_to_the_second(own: TestClient, clock: Clock) -> None:
    published = current_of(own)
    for seconds, says, count in (
        (0, "just now", 0),
        (59.999, "just now", 1),
        (60, "1 minute ago", 1),
        (119, "1 minute ago", 2),
        (120, "2 minutes ago", 2),
        (3_600 * 48, "2 days ago", 2),
        (3_600 * 71.9, "2 days ago", 3),
        (3_600 * 72, "3 days ago", 3),
    ):
        clock.now = published + timedelta(seconds=seconds)
        assert f">{says}</time>" in own.get(PAGE).text
        assert repeated(own) == count


def current_of(client: TestClient) -> datetime:
    """When the snapshot that is shown was published."""
    assert isinstance(client.app, FastAPI)
    shown: datetime = client.app.state.parts.served.current.index.row.published_at
    return shown


def test_a_page_says_at_once_that_publication_is_held(own: TestClient, settings: Settings) -> None:
    assert "Held since" not in own.get(PAGE).text
    store = settings.project.store
    roll_back(store, current(store), NOW, "a test", workers=1)
    assert "Held since" in own.get(PAGE).text


def test_a_page_says_at_once_that_a_refresh_runs(own: TestClient) -> None:
    """And no longer than it does."""
    assert isinstance(own.app, FastAPI)
    assert own.portal is not None
    jobs = own.app.state.parts.jobs
    let_it_end = own.portal.call(asyncio.Event)

    async def work() -> Ended:
        await let_it_end.wait()
        return Ended("up_to_date")

    jobs._work = work
    before = own.get(PAGE).text
    assert "A refresh is running" not in before
    own.post("/refresh")
    running = jobs.running.task
    for _ in range(2):
        assert "A refresh is running" in own.get(PAGE).text
    own.portal.call(let_it_end.set)
    own.portal.call(asyncio.wait, [running])
    assert own.get(PAGE).text == before


@pytest.mark.parametrize("query", ["snapshot=20261031T000500000000-earlier", "job=abc"])
def test_what_only_holds_for_a_while_is_made_each_time(client: TestClient, query: str) -> None:
    for _ in range(2):
        assert client.get(f"{PAGE}?{query}").status_code == 200
    assert repeated(client) == 0


@pytest.mark.parametrize(
    "address",
    ["/api/v2/producers/4711/progress", "/producers/4711", f"{BOARD}?first=x", "/static/app.js"],
)
def test_only_answers_of_a_snapshot_are_kept(client: TestClient, address: str) -> None:
    first, again = (client.get(address) for _ in range(2))
    assert first.status_code == again.status_code
    assert repeated(client) == 0


def test_each_language_is_told_in_its_own(client: TestClient) -> None:
    """Twice, so that both are told from memory."""
    for _ in range(2):
        assert "1,290" in client.get("/producers/1", headers={"accept-language": "en"}).text
        assert "1.290" in client.get("/producers/1", headers={"accept-language": "de"}).text
    assert repeated(client) == 2


def test_answers_are_counted_under_their_routes(client: TestClient) -> None:
    for _ in range(3):
        client.get(MINE)
    route = '{method="GET",route="/api/v2/producers/{producer_id}/progress",status="200"}'
    assert f"beatxp_request_seconds_count{route} 3.0" in client.get("/metrics").text


@pytest.mark.parametrize("size", [1, 5_000])
def test_the_least_used_are_given_up(client: TestClient, size: int) -> None:
    """So much memory and no more, whoever asks for what, however short the answers are."""
    assert isinstance(client.app, FastAPI)
    index = client.app.state.parts.served.index
    made: list[str] = []

    async def inner(scope: Scope, _: Receive, send: Send) -> None:
        made.append(scope["path"])
        scope[KEEP] = Keep(index, ANYBODY, '"x"', None, datetime.max)
        start = {"type": "http.response.start", "status": 200, "headers": [(b"etag", b'"x"')]}
        await send(start)
        await send({"type": "http.response.body", "body": bytes(size)})

    async def ask(paths: str, most_bytes: int) -> None:
        app = Remembered(inner, most_bytes)
        for path in paths:
            sent: list[Message] = []

            async def send(message: Message, sent: list[Message] = sent) -> None:
                sent.append(message)

            scope = {"type": "http", "method": "GET", "path": path, "query_string": b""}
            await app({**scope, "headers": [], "app": client.app}, None, send)  # type: ignore[arg-type]
            assert [len(message.get("body", b"")) for message in sent] == [0, size]

    asyncio.run(ask("abaacaabcc", 2 * (size + 5_000)))
    assert made == ["a", "b", "c", "b", "c"]

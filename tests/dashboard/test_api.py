"""What scripts rely on: ETags, problems, pinned snapshots, safe files, OpenAPI."""

import csv
import io
import re
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from pipelines.settings import load_settings
from tests.dashboard.conftest import Open, lay_out_all, look
from tests.dashboard.marketplace import publish_marketplace
from tests.published import board, progress_row, publish_by_hand

SNAPSHOT = "20261101T000500000000-current"


@pytest.mark.parametrize(
    "address",
    [
        "/api/v2/snapshot",
        "/api/v2/how-xp-works",
        "/api/v2/producers/1/progress",
        "/api/v2/leaderboards/plays/all_time",
        "/api/v2/leaderboards/plays/all_time/around/3",
        "/api/v2/leaderboards/plays/all_time/rows.csv",
        "/api/v2/producers/1/ledger.csv",
    ],
)
def test_every_answer_is_tagged_with_its_snapshot(client: TestClient, address: str) -> None:
    answer = client.get(address)
    known = answer.headers["etag"]
    assert known.startswith(f'W/"{SNAPSHOT}.')
    assert answer.headers["cache-control"] == "private, no-cache"
    assert answer.headers["vary"] == "authorization, cookie, Accept-Encoding"
    for tag in (known, f'"other", {known}', known.removeprefix("W/")):
        same = client.get(address, headers={"if-none-match": tag})
        assert (same.status_code, same.content) == (304, b"")
    assert client.get(address, headers={"if-none-match": '"other"'}).status_code == 200


@pytest.mark.parametrize("address", ["/producers/1", "/leaderboards/plays/month", "/how-xp-works"])
def test_a_page_is_sent_again_only_if_it_says_something_else(
    client: TestClient, address: str
) -> None:
    page = client.get(address)
    tag = page.headers["etag"]
    assert tag.startswith(f'W/"{SNAPSHOT}.')
    same = client.get(address, headers={"if-none-match": tag})
    assert (same.status_code, same.content) == (304, b"")
    assert same.headers["etag"] == tag
    german = client.get(address, headers={"if-none-match": tag, "accept-language": "de"})
    assert german.status_code == 200


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
@pytest.mark.parametrize("rest", ["producers/1/progress", "openapi.json", "refreshes", "nothing/"])
def test_the_version_with_ids_as_numbers_is_gone(
    client: TestClient, method: str, rest: str
) -> None:
    answer = client.request(method, f"/api/v1/{rest}")
    assert answer.status_code == 410
    assert answer.headers["content-type"] == "application/problem+json"
    assert "round those above 2^53" in answer.json()["detail"]
    assert f"/api/v2/{rest} instead." in answer.json()["detail"]


@pytest.mark.parametrize("odd", ["0", "-1", "94.0", "9_4", "+94", "094", " 94", "9" * 5_000, "x"])
def test_an_id_has_one_address(client: TestClient, odd: str) -> None:
    assert client.get("/api/v2/producers/9/progress").status_code == 200
    for address in (
        f"/api/v2/producers/{odd}/progress",
        f"/api/v2/producers/{odd}/ledger.csv",
        f"/api/v2/leaderboards/plays/all_time/around/{odd}",
        f"/producers/{odd}",
    ):
        assert client.get(address).status_code == 404, address
    query = {"producer": odd}
    assert client.get("/leaderboards/plays/all_time", params=query).status_code == 422


GREATEST = 2**63 - 1


def test_ids_that_json_numbers_would_round_stay_apart(open_app: Open, tmp_path: Path) -> None:
    """A browser took 9007199254740993 for ...992, which is somebody else."""
    ids = (2**53, 2**53 + 1, GREATEST)
    rows = [
        {**row, "producer_id": producer}
        for row, producer in zip(board("plays", "all_time", 9, 8, 7), ids, strict=True)
    ]
    publish_by_hand(
        tmp_path,
        SNAPSHOT,
        progress=[progress_row(number, f"Producer {number}", plays=1) for number in ids],
        leaderboard=rows,
    )
    settings = load_settings(tmp_path / "beatxp.toml")
    lay_out_all(settings)
    client = open_app(settings)
    texts = [str(number) for number in ids]
    page = client.get("/api/v2/leaderboards/plays/all_time").json()
    assert [row["producer_id"] for row in page["rows"]] == texts
    for text in texts:
        around = client.get(f"/api/v2/leaderboards/plays/all_time/around/{text}").json()
        assert around["place"]["row"]["producer_id"] == text
        progress = client.get(f"/api/v2/producers/{text}/progress").json()
        assert (progress["producer_id"], progress["display_name"]) == (text, f"Producer {text}")
        found = client.get("/producers", params={"find": text})
        assert found.headers["location"] == f"/producers/{text}"
    beyond = client.get("/api/v2/leaderboards/plays/all_time/around/9223372036854775808")
    assert beyond.status_code == 404


def test_every_id_is_described_as_a_text(client: TestClient) -> None:
    described = client.get("/api/v2/openapi.json").json()
    models = described["components"]["schemas"].values()
    found = [
        about
        for model in models
        for name, about in model.get("properties", {}).items()
        if name == "producer_id"
    ]
    found += [
        parameter["schema"]
        for path in described["paths"].values()
        for operation in path.values()
        for parameter in operation.get("parameters", [])
        if parameter["name"] == "producer_id"
    ]
    assert len(found) == 5
    for number, about in enumerate(found):
        # One that is not told is null.
        text = about["anyOf"][0] if "anyOf" in about else about
        # An address may have the text that an id stands for.
        pattern = "^[1-9][0-9]*$" if number < 2 else None
        assert (text["type"], text.get("pattern")) == ("string", pattern)


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/api/v2/nothing", 404),
        ("/api/v2/producers/0/progress", 404),
        ("/api/v2/producers/x/progress", 404),
        ("/api/v2/producers/9223372036854775808/progress", 404),
        ("/api/v2/leaderboards/karma/all_time", 404),
        ("/api/v2/leaderboards/quality/week", 404),
        ("/api/v2/leaderboards/plays/all_time?rows=0", 422),
        ("/api/v2/leaderboards/plays/all_time?rows=201", 422),
        ("/api/v2/leaderboards/plays/all_time?first=0", 422),
        ("/api/v2/refreshes/unknown", 404),
    ],
)
def test_problems_are_documents(client: TestClient, address: str, status: int) -> None:
    answer = client.get(address)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    document = answer.json()
    assert document["status"] == status
    assert document["detail"]
    assert document["instance"] == address.partition("?")[0]


def test_a_method_that_is_not_there_is_a_problem_too(client: TestClient) -> None:
    answer = client.delete("/api/v2/snapshot")
    assert answer.status_code == 405
    assert answer.headers["allow"] == "GET, HEAD"
    assert answer.headers["content-type"] == "application/problem+json"


def test_the_ledger_comes_as_a_spreadsheet(client: TestClient) -> None:
    answer = client.get("/api/v2/producers/1/ledger.csv")
    assert answer.headers["content-disposition"] == 'attachment; filename="xp-1.csv"'
    text = answer.content.decode("utf-8-sig")
    assert list(csv.reader(io.StringIO(text)))[:2] == [
        ["day", "source", "quantity", "xp"],
        ["2026-09-03", "achievement", "1", "100"],
    ]


def test_a_boards_names_cannot_become_formulas(client: TestClient) -> None:
    answer = client.get("/api/v2/leaderboards/plays/all_time/rows.csv")
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert rows[3]["display_name"].startswith("'=<script>")
    assert rows[3]["score"] == "400"
    assert len(rows) == 15


def test_a_spreadsheet_has_the_rows_of_the_page(client: TestClient) -> None:
    query: dict[str, int | str] = {"first": 2, "rows": 4}
    page = client.get("/api/v2/leaderboards/plays/all_time", params=query).json()["rows"]
    answer = client.get("/api/v2/leaderboards/plays/all_time/rows.csv", params=query)
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    columns = ("rank", "producer_id", "score")
    assert [[row[name] for name in columns] for row in rows] == [
        [str(row[name]) for name in columns] for row in page
    ]
    for beyond in ("plays/all_time/rows.csv?first=16", "uploads/week/rows.csv"):
        assert client.get(f"/api/v2/leaderboards/{beyond}").text.count("\n") == 1


def test_a_spreadsheet_can_be_of_a_snapshot_that_was(open_app: Open, tmp_path: Path) -> None:
    """Who loads a large board piece by piece must not mix snapshots."""
    settings = publish_marketplace(tmp_path)
    lay_out_all(settings)
    earlier, later = "20261031T000500000000-earlier", SNAPSHOT
    pointer = settings.project.store / "current.json"
    pointer.write_text(f'{{"snapshot_id": "{earlier}"}}')
    client = open_app(settings)
    pointer.write_text(f'{{"snapshot_id": "{later}"}}')
    look(client)
    address = "/api/v2/leaderboards/plays/all_time/rows.csv"
    for query, snapshot, rows in (({}, later, 15), ({"snapshot": earlier}, earlier, 14)):
        answer = client.get(address, params=query)
        assert answer.headers["etag"].startswith(f'W/"{snapshot}.')
        assert answer.text.count("\n") == 1 + rows
    gone = client.get(address, params={"snapshot": "gone"})
    assert gone.status_code == 404
    assert gone.json()["detail"] == "This snapshot is no longer kept: begin again with the newest."


def test_the_description_names_every_answer(client: TestClient) -> None:
    described = client.get("/api/v2/openapi.json").json()
    assert described["info"]["title"] == "BeatXP"
    assert set(described["paths"]) == {
        "/api/v2/snapshot",
        "/api/v2/how-xp-works",
        "/api/v2/producers/{producer_id}/progress",
        "/api/v2/producers/{producer_id}/ledger.csv",
        "/api/v2/leaderboards/{category}/{period}",
        "/api/v2/leaderboards/{category}/{period}/rows.csv",
        "/api/v2/leaderboards/{category}/{period}/around/{producer_id}",
        "/api/v2/refreshes",
        "/api/v2/refreshes/{job_id}",
    }


def test_the_description_names_every_way_to_be_answered(client: TestClient) -> None:
    paths = client.get("/api/v2/openapi.json").json()["paths"]
    for address in ("/snapshot", "/how-xp-works", "/producers/{producer_id}/progress"):
        assert "304" in paths[f"/api/v2{address}"]["get"]["responses"]
    board = "/api/v2/leaderboards/{category}/{period}"
    for address in (board, f"{board}/around/{{producer_id}}"):
        assert "304" in paths[address]["get"]["responses"]
    too_soon = paths["/api/v2/refreshes"]["post"]["responses"]["429"]
    assert "Retry-After" in too_soon["headers"]
    assert "application/problem+json" in too_soon["content"]
    assert "304" not in paths["/api/v2/refreshes"]["post"]["responses"]


@pytest.mark.parametrize(
    "address",
    [
        "/healthz",
        "/readyz",
        "/producers/1",
        "/nothing",
        "/static/app.js",
        "/api/v2/snapshot",
        "/api/v2/openapi.json",
        "/api/v2/producers/1/ledger.csv",
        "/api/v2/leaderboards/plays/week?first=0",
    ],
)
def test_head_is_answered_as_get_without_the_content(client: TestClient, address: str) -> None:
    get, head = client.get(address), client.head(address)
    assert head.status_code == get.status_code
    assert head.content == b""
    for name in ("content-type", "etag", "cache-control", "content-security-policy"):
        assert head.headers.get(name) == get.headers.get(name)
    assert head.headers["content-length"] == get.headers["content-length"]


def test_head_asks_for_nothing_new(client: TestClient) -> None:
    assert client.head("/api/v2/refreshes").status_code == 405
    seen = {"if-none-match": client.get("/api/v2/snapshot").headers["etag"]}
    assert client.head("/api/v2/snapshot", headers=seen).status_code == 304
    client.head("/api/v2/producers/1/progress")
    route = '{method="HEAD",route="/api/v2/producers/{producer_id}/progress",status="200"}'
    assert f"beatxp_request_seconds_count{route} 1.0" in client.get("/metrics").text


def test_files_are_kept_as_long_as_their_address_holds(client: TestClient) -> None:
    page = client.get("/how-xp-works").text
    for name in ("app.js", "style.css", "icon.svg"):
        (address,) = re.findall(rf'"(/static/{re.escape(name)}\?[0-9a-f]+)"', page)
        kept = client.get(address).headers["cache-control"]
        assert kept == "public, max-age=31536000, immutable"
        # Not by an address that a server of another version gave.
        for other in (f"/static/{name}", f"/static/{name}?0123456789ab"):
            assert client.get(other).headers["cache-control"] == "no-cache"
    tag = client.get(address).headers["etag"]
    same = client.get(address, headers={"if-none-match": tag})
    assert (same.status_code, same.headers["cache-control"]) == (304, kept)


def test_the_rules_are_those_of_the_snapshot(client: TestClient) -> None:
    rules = client.get("/api/v2/how-xp-works").json()
    assert (rules["name"], rules["on"]) == ("BeatPass", "2026-10-31")
    rates = {rate["source"]: rate for rate in rules["rates"]}
    assert (rates["upload"]["xp_now"], rates["play"]["daily_cap"]) == (100, 5_000)
    assert rules["complete_at_percent"] == 80
    assert rules["levels"][0] == {"level": 1, "title": "Novice", "min_xp": 0}


def test_operators_see_how_it_is(client: TestClient) -> None:
    assert client.get("/healthz").text == "ok\n"
    assert client.get("/readyz").json() == {"ready": True, "state": "ready"}
    client.get("/api/v2/producers/1/progress")
    text = client.get("/metrics").text
    assert "beatxp_snapshot_age_seconds 300.0" in text
    assert "beatxp_snapshot_ready 1.0" in text
    assert "beatxp_notices NaN" in text  # no refresh has said anything
    assert "beatxp_last_check_age_seconds NaN" in text  # nobody has looked since
    assert "beatxp_last_refresh_ok" not in text  # there was none
    route = '{method="GET",route="/api/v2/producers/{producer_id}/progress",status="200"}'
    assert f"beatxp_request_seconds_count{route} 1.0" in text

"""Producers whose ids are texts: addresses, pages, answers, tokens and keys have the texts."""

import csv
import io
import re
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from fastapi.testclient import TestClient

from dashboard.ids import id_in_claim
from dashboard.index.index import open_index
from dashboard.keys import KeysError, add_key, hash_of, read_keys
from pipelines.exports.text_ids import id_of
from pipelines.publication.manifest import current
from pipelines.settings import Settings
from tests.dashboard.conftest import Open
from tests.dashboard.marketplace import with_login
from tests.dashboard.test_keys import keys_file
from tests.dashboard.text_producers import (
    ADA,
    AWKWARD,
    CURRENT,
    EARLIER,
    HIDDEN,
    IMPOSTOR,
    ODD,
    TEXTS,
)
from tests.dashboard.tokens import AUDIENCE, ISSUER, bearer, token

API = "/api/v2/leaderboards/plays/all_time"


@pytest.fixture
def client(open_app: Open, text_producers: Settings) -> TestClient:
    return open_app(text_producers)


@pytest.fixture
def platform(open_app: Open, text_producers: Settings, jwks: Path) -> TestClient:
    return open_app(with_login(text_producers, jwks=str(jwks), issuer=ISSUER, audience=AUDIENCE))


@pytest.mark.parametrize("text", [ADA, *ODD, AWKWARD[2]])
def test_every_address_takes_the_text_and_the_number(client: TestClient, text: str) -> None:
    number = str(id_of(text))
    for written in (quote(text, safe=""), number):
        for address in (
            "/api/v2/producers/{}/ledger.csv",
            "/producers/{}",
            "/leaderboards/plays/all_time?around=true&producer={}",
            "/how-xp-works?producer={}",
        ):
            assert client.get(address.format(written)).status_code == 200, address
        progress = client.get(f"/api/v2/producers/{written}/progress").json()
        assert (progress["producer_id"], progress["text_id"]) == (number, text)
        place = client.get(f"{API}/around/{written}").json()["place"]["row"]
        assert (place["producer_id"], place["text_id"]) == (number, text)


@pytest.mark.parametrize("text", ["nobody", "95", "0", "01", "1.0", " ", "a/c", "x" * 5_000])
def test_a_text_that_nobody_has_is_not_found(client: TestClient, text: str) -> None:
    for address in ("/producers/{}", "/api/v2/producers/{}/progress", f"{API}/around/{{}}"):
        refused = client.get(address.format(quote(text, safe="")))
        assert refused.status_code == 404
    assert refused.json()["detail"] == f"No producer has the id {text} in this snapshot."
    assert client.get("/leaderboards/plays/all_time", params={"producer": text}).status_code == 404


def links(page: str) -> set[str]:
    return set(re.findall(r'href="/producers/([^"]*)"', page))


def test_pages_link_and_show_the_texts(client: TestClient) -> None:
    page = client.get("/leaderboards/plays/all_time").text
    quoted = {quote(text, safe="") for text in (ADA, HIDDEN, *ODD)}
    assert links(page) == quoted | {str(id_of(text)) for text in AWKWARD}
    assert "<bdi>Producer ä ö</bdi>" in page
    for link in links(page):
        assert client.get(f"/producers/{link}").status_code == 200
    page = client.get(f"/producers/{ADA}?job=1").text
    assert f"producer <bdi>{ADA}</bdi></span>" in page
    assert f'href="/api/v2/producers/{ADA}/ledger.csv"' in page
    assert f'href="/leaderboards/overall/all_time?producer={ADA}"' in page
    slashed = client.get("/producers/a%2Fb").text
    assert 'href="/leaderboards/overall/all_time?producer=a%2Fb"' in slashed
    assert 'action="/refresh?back=/producers/a%252Fb"' in slashed
    page = client.get("/producers").text
    assert links(page) >= {ADA, "a%2Fb"}
    assert "&#34;&gt;&lt;script&gt;" in client.get(f"/producers/{quote(ODD[5], safe='')}").text
    page = client.get(f"/leaderboards/plays/all_time?producer={quote('?x=1&y#z')}").text
    assert "?around=true&amp;producer=%3Fx%3D1%26y%23z#place" in page


def test_a_board_of_an_earlier_snapshot_has_texts_too(client: TestClient) -> None:
    for snapshot in (EARLIER, CURRENT):
        rows = client.get(API, params={"snapshot": snapshot}).json()["rows"]
        assert [row["text_id"] for row in rows] == list(TEXTS)


def test_a_page_of_a_problem_knows_whom_an_analyst_looks_at(client: TestClient) -> None:
    assert links(client.get("/leaderboards/plays/never?producer=a/b").text) == {"a%2Fb"}
    assert links(client.get("/leaderboards/plays/never").text) == set()


@pytest.mark.parametrize("text", [ADA, f" {ADA} ", "a/b", "94", ".."])
def test_producers_are_found_by_the_text(client: TestClient, text: str) -> None:
    found = client.get("/producers", params={"find": text})
    assert found.status_code == 307
    assert client.get(found.headers["location"]).status_code == 200
    expected = str(id_of(text)) if text == ".." else quote(text.strip(), safe="")
    assert found.headers["location"] == f"/producers/{expected}"


def test_several_are_listed_with_their_texts(client: TestClient) -> None:
    page = client.get("/producers", params={"find": "name"}).text
    assert f'<td class="number"><bdi>{ADA}</bdi></td>' in page


def test_downloads_have_the_texts(client: TestClient) -> None:
    answer = client.get(f"{API}/rows.csv").content.decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(answer)))
    assert list(rows[0]) == ["rank", "producer_id", "text_id", "display_name", "score"]
    # What a spreadsheet could take for a formula is none.
    assert [row["text_id"] for row in rows] == [
        f"'{text}" if text.startswith("=") else text for text in TEXTS
    ]
    for text, name in ((ADA, ADA), ("a/b", str(id_of("a/b")))):
        ledger = client.get(f"/api/v2/producers/{quote(text, safe='')}/ledger.csv")
        assert ledger.headers["content-disposition"] == f'attachment; filename="xp-{name}.csv"'


def test_the_texts_of_whom_nobody_is_told_are_not_told(platform: TestClient) -> None:
    number = str(id_of(HIDDEN))
    for who in ({}, bearer(token(producer_id=ADA))):
        answers = [
            platform.get(address.format(snapshot), headers=who).text
            for snapshot in (EARLIER, CURRENT)
            for address in (
                f"{API}?snapshot={{}}",
                f"{API}/rows.csv?snapshot={{}}",
                "/leaderboards/plays/all_time?snapshot={}",
                f"/leaderboards/plays/all_time?producer={HIDDEN}&snapshot={{}}",
            )
        ]
        for said in answers:
            assert HIDDEN not in said.replace(f"producer={HIDDEN}", "")
            assert number not in said
        hidden, unknown = (
            platform.get(f"{API}/around/{text}", headers=who) for text in (HIDDEN, "nobody")
        )
        assert hidden.status_code == unknown.status_code == 404
        assert hidden.json()["detail"].replace(HIDDEN, "nobody") == unknown.json()["detail"]
        row = platform.get(API, headers=who).json()["rows"][1]
        assert (row["hidden"], row["producer_id"], "text_id" in row) == (True, None, False)
    mine = platform.get(API, headers=bearer(token(producer_id=HIDDEN))).json()
    assert mine["rows"][1]["text_id"] == mine["place"]["row"]["text_id"] == HIDDEN


def test_a_token_names_a_producer_by_the_text(platform: TestClient) -> None:
    for claim, text in ((ADA, ADA), ("94", "94"), (94, "94"), ("a/b", "a/b")):
        who = bearer(token(producer_id=claim))
        home = platform.get("/", headers=who).headers["location"]
        assert home == f"/producers/{quote(text, safe='')}"
        assert platform.get(home, headers=who).status_code == 200
        assert platform.get(f"/producers/{id_of(text)}", headers=who).status_code == 200
        refused = platform.get(f"/api/v2/producers/{HIDDEN}/progress", headers=who)
        assert refused.status_code == 403
    # Who signed up since is told so, also by an address with a text.
    new = bearer(token(producer_id="new"))
    assert "No progress yet" in platform.get("/producers/new", headers=new).text
    nobody = platform.get("/", headers=bearer(token(producer_id=" ")))
    assert nobody.headers["location"] == "/leaderboards"


def test_whose_text_is_the_number_of_another_is_not_them(platform: TestClient) -> None:
    who = bearer(token(producer_id=IMPOSTOR))
    assert platform.get(f"/api/v2/producers/{ADA}/progress", headers=who).status_code == 403
    assert platform.get(f"/api/v2/producers/{IMPOSTOR}/progress", headers=who).status_code == 403


def test_a_claim_that_is_not_the_text_of_its_id_names_nobody() -> None:
    class Others:
        has_texts = True

        def text(self, producer_id: int) -> str:
            return f"not what {producer_id} stands for"

    with pytest.raises(ValueError, match="not the text"):
        id_in_claim(ADA, Others())


def test_a_key_is_of_the_producer_with_a_text(tmp_path: Path) -> None:
    path = tmp_path / "keys.toml"
    keys = {text: add_key(path, "one", [], text) for text in ('a"b\\', ADA)}
    found = read_keys(path)
    for text, key in keys.items():
        assert found[hash_of(key)].producer_id == id_of(text)
    both = {"name": "x", "sha256": "0" * 64, "producer_id": 1, "producer_text_id": ADA}
    with pytest.raises(KeysError, match="one of them says whose it is"):
        read_keys(keys_file(tmp_path, both))


def test_a_snapshot_without_texts_has_no_shard_of_them(
    marketplace: Settings, text_producers: Settings
) -> None:
    def opened(of: Settings) -> Any:
        store = of.project.store
        return open_index(store, store / "dashboard", current(store))

    plain, index = opened(marketplace), opened(text_producers)
    assert not [folder for folder in plain.shards if folder.startswith("text_ids")]
    assert (plain.has_texts, plain.text(1)) == (False, None)
    assert [index.text(number) for number in (id_of(ADA), 5, 94)] == [ADA, None, None]
    kept = index.only_boards()
    assert kept.text(id_of(ADA)) == ADA
    assert [folder for folder in kept.shards if folder.startswith("text_ids")]

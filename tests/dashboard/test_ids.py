"""An id has one spelling: what Python would take for the same number is another address."""

from urllib.parse import quote

import pytest
from fastapi.testclient import TestClient

ALIASES = ("1.0", "0_1", "1_0", "+1", " 1", "1 ", "01", "１", "-1", "0", "1e0", "one", str(2**63))


@pytest.mark.parametrize(
    "address",
    [
        "/producers/{}",
        "/api/v2/producers/{}/progress",
        "/api/v2/producers/{}/ledger.csv",
        "/api/v2/leaderboards/plays/all_time/around/{}",
        "/leaderboards/plays/all_time?producer={}",
        "/how-xp-works?producer={}",
    ],
)
def test_an_id_has_one_spelling(client: TestClient, address: str) -> None:
    assert client.get(address.format("1")).status_code == 200
    for alias in ALIASES:
        refused = client.get(address.format(quote(alias)))
        assert refused.status_code == (422 if "?" in address else 404), alias
        assert "an id is a whole number" in refused.text

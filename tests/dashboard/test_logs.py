"""Lines of JSON, whatever is in them."""

import json
from datetime import datetime

import pytest

from dashboard.logs import _encode


@pytest.mark.parametrize("text", ["Ada", "\N{MUSICAL NOTE}", "\u2028", "half \ud800", "\udc80"])
def test_any_text_can_be_logged(text: str) -> None:
    """Half of a surrogate pair in a token's `sub` kept its request from being logged."""
    line = _encode({"event": "request", "viewer": f"token:{text}", "at": datetime(2026, 11, 1)})
    said = json.loads(line)
    assert line.count(b"\n") == 0
    assert said["viewer"] == "token:" + text.encode("utf-8", "replace").decode()
    assert said["at"].startswith("2026-11-01")

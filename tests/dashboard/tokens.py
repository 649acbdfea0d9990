"""Tokens as the host platform issues them, and the keys that they are signed with."""

from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa

ISSUER, AUDIENCE = "https://music.example", "beatxp"
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
OTHER = rsa.generate_private_key(public_exponent=65537, key_size=2048)
CURVE = ec.generate_private_key(ec.SECP256R1())
MINE = "/api/v2/producers/1/progress"
YOURS = "/api/v2/producers/2/progress"
BOARD = "/api/v2/leaderboards/plays/all_time"


def claims(**changed: object) -> dict[str, object]:
    base: dict[str, object] = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": "user-7",
        "exp": datetime.now(UTC) + timedelta(hours=1),
        "producer_id": 1,
    }
    return {name: value for name, value in {**base, **changed}.items() if value is not None}


def token(
    key: Any = KEY, algorithm: str = "RS256", kid: str | None = "one", **changed: object
) -> str:
    headers = {"kid": kid} if kid else None
    return jwt.encode(claims(**changed), key, algorithm=algorithm, headers=headers)


def bearer(credential: str) -> dict[str, str]:
    return {"authorization": f"Bearer {credential}"}

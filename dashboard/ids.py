"""Ids of producers: whole numbers from 1 to 2^63 - 1, which addresses and JSON have as texts.

Browsers and many other readers of JSON take its numbers for floating point, which rounds them above
2^53: two producers would become one.
"""

import re
from typing import Annotated

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema

_MOST = 2**63 - 1
_TEXT = re.compile(r"[1-9][0-9]{0,18}")


def id_of(value: object) -> int:
    """An id from a text, or from a whole number of JSON. Raises ValueError if it is none."""
    if type(value) is int and 1 <= value <= _MOST:
        return value
    if isinstance(value, str) and _TEXT.fullmatch(value) and (found := int(value)) <= _MOST:
        return found
    raise ValueError(f"an id is a whole number from 1 to {_MOST}, in digits alone")


#: An id as JSON and addresses have it.
Id = Annotated[
    int,
    BeforeValidator(id_of),
    PlainSerializer(str, return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "pattern": "^[1-9][0-9]*$", "maxLength": 19}),
]

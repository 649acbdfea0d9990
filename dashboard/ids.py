"""Ids of producers: whole numbers from 1 to 2^63 - 1, which addresses and JSON have as texts.

Browsers and many other readers of JSON take its numbers for floating point, which rounds them above
2^53: two producers would become one.

Where the exports' ids are texts, such as UUIDs, the numbers stand for those (specification, section
1: `text_ids`), and addresses, tokens and keys name a producer by the text.
"""

import re
from typing import Annotated, NamedTuple, Protocol

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema

from pipelines.exports.text_ids import id_of

_MOST = 2**63 - 1
_DIGITS = re.compile(r"[1-9][0-9]{0,18}")


class Named(NamedTuple):
    """A producer whom an address names, and how it does."""

    id: int
    text: str


class Texts(Protocol):
    """A snapshot that says which texts ids stand for."""

    @property
    def has_texts(self) -> bool:
        """Whether ids of producers stand for texts there."""

    def text(self, producer_id: int) -> str | None:
        """What an id stands for; None if nothing."""


def number_of(value: object) -> int:
    """An id from a text, or from a whole number of JSON. Raises ValueError if it is none."""
    if type(value) is int and 1 <= value <= _MOST:
        return value
    if isinstance(value, str) and _DIGITS.fullmatch(value) and (found := int(value)) <= _MOST:
        return found
    raise ValueError(f"an id is a whole number from 1 to {_MOST}, in digits alone")


def id_in_address(text: str, shown: Texts | None) -> int:
    """The producer whom an address names. Raises ValueError if it can be none.

    `shown`: the snapshot that is shown. Where ids stand for texts it is by the text, or by the
    number, which answers have as well; digits are such a text if one is so. Without a snapshot
    nobody is found, so it does not matter who it is.
    """
    if shown is not None and not shown.has_texts:
        return number_of(text)
    named = id_of(text)
    if shown is None or shown.text(named) != text:
        try:
            return number_of(text)
        except ValueError:
            pass
    return named


def id_in_claim(claim: object, shown: Texts | None) -> int:
    """The producer whom a token of the platform names. Raises ValueError if it is none.

    Where ids stand for texts, a claim is always one: whose text happens to be the number of
    somebody else must not be taken for them.
    """
    if shown is None or not shown.has_texts:
        return number_of(claim)
    text = str(claim) if type(claim) is int else claim
    if not isinstance(text, str) or not text.strip():
        raise ValueError("an id is a text")
    named = id_of(text)
    if shown.text(named) not in (None, text):
        raise ValueError("this is not the text of that id")
    return named


#: An id as JSON has it.
Id = Annotated[
    int,
    BeforeValidator(number_of),
    PlainSerializer(str, return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "pattern": "^[1-9][0-9]*$", "maxLength": 19}),
]

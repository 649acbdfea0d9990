"""The texts that other systems have in the place of ids."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha1

from tests.oracle.mappings import id_of_text

#: Columns whose ids are of one kind. Ids of earnings say which of two comes first, so they stay.
DOMAINS = {
    "producer_id": "producer",
    "track_id": "track",
    "listener_id": "listener",
    "user_id": "listener",
    "play_id": "play",
    "grant_id": "grant",
}
_NAMESPACE = uuid.UUID(int=7)


@dataclass(frozen=True)
class Texts:
    """The form of the texts by domain; ids of other domains are numbers."""

    forms: Mapping[str, str]

    @property
    def columns(self) -> set[str]:
        """The columns whose ids are texts."""
        return {column for column, domain in DOMAINS.items() if domain in self.forms}

    def text(self, column: str, number: int) -> str:
        """The text of an id, the same in every entity."""
        domain = DOMAINS[column]
        name = f"{domain} {number}"
        match self.forms[domain]:
            case "uuid":
                return str(uuid.uuid5(_NAMESPACE, name))
            case "object":
                return sha1(name.encode(), usedforsecurity=False).hexdigest()[:24]
            case "word":
                return f"{domain[0].upper()}\u00e9:{number} \U0001f3a7"
            case _:
                return str(number)

    def form(self, column: str) -> str:
        """The form of the texts of a column."""
        return self.forms[DOMAINS[column]]

    def producer(self, number: int) -> int:
        """The id under which a producer is published."""
        if "producer" not in self.forms:
            return number
        return id_of_text(self.text("producer_id", number))

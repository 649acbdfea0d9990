"""Whose data was erased: hashes of ids, an input of every reading of export files.

The list is kept in the store and only grows. It holds no id: each is hashed with the list's salt,
so that rows that are delivered again can be recognised, and nothing else can be told from it.
"""

import hashlib
import re
from collections.abc import Iterable, Iterator
from functools import cached_property
from pathlib import Path
from typing import Final, Literal

import msgspec
import polars as pl

from pipelines.exports.text_ids import id_of
from pipelines.failures import Failure
from pipelines.store.atomic import sync_folder
from pipelines.store.documents import read_document, write_document
from pipelines.store.store import key_of

#: In the store's folder.
ERASED: Final = "erased.json"
#: Below it: for which list everything in the store was done, see `pipelines.erasure.erase`.
ERASURE_DONE: Final = "work/erased.json"
SALT_BYTES: Final = 32

Kind = Literal["producer", "listener"]
KINDS: Final[tuple[Kind, ...]] = ("producer", "listener")

_HASH_BYTES = 16
#: What may be an id in a text of any form: what stands between separators, which may be in the text
#: of an id themselves, or a whole number.
_WORDS = re.compile(r"""[^\s,;|"'{}\[\]()<>\x00-\x1f]+""")
_WITHIN_WORDS = re.compile("[:=]+")
_WHOLE = re.compile(r"([0-9]{1,19})(?:\.0*)?")


class ErasedListDamaged(Failure):
    """The list is there and cannot be read: without it, erased data would come back."""

    code = "erased_list_damaged"


class Erased(msgspec.Struct, frozen=True, dict=True):
    """The hashes of erased ids, by what they are ids of; `salt` is hexadecimal."""

    salt: str
    producers: list[str]
    listeners: list[str]

    @cached_property
    def key(self) -> str:
        """Names this list: another one has another key."""
        return key_of(self.salt, self.producers, self.listeners)

    def hash_of(self, kind: Kind, number: int) -> str:
        """What stands for an id in the list, hexadecimal."""
        return self._digest(kind, number).hex()

    def has(self, kind: Kind, number: int) -> bool:
        """Whether an id was erased."""
        hashes = self._hashes[kind]
        return bool(hashes) and self._digest(kind, number) in hashes

    def where(self, kind: Kind, ids: pl.Series) -> pl.Series:
        """Which of some ids (Int64) were erased; nulls were not."""
        distinct = ids.drop_nulls().unique() if self._hashes[kind] else ()
        found = pl.Series([n for n in distinct if self.has(kind, n)], dtype=pl.Int64)
        return ids.is_in(found.implode()).fill_null(False)

    def is_named_in(self, text: str) -> bool:
        """Whether a word of a text of any form is an erased id, as a number or as a text id."""
        return any(self.has(kind, n) for n in _numbers(text) for kind in KINDS)

    def grown(self, producers: Iterable[int], listeners: Iterable[int]) -> "Erased":
        """The list with more ids."""
        more = {self.hash_of("producer", n) for n in producers}
        unknown = {self.hash_of("listener", n) for n in listeners}
        return Erased(
            self.salt, sorted({*self.producers, *more}), sorted({*self.listeners, *unknown})
        )

    def _digest(self, kind: Kind, number: int) -> bytes:
        # Every listener of every new play comes by: a keyed hash is begun once.
        hashed = self._begun[kind].copy()
        hashed.update(str(number).encode())
        return hashed.digest()

    @cached_property
    def _begun(self) -> dict[Kind, hashlib.blake2b]:
        key = bytes.fromhex(self.salt)
        return {
            kind: hashlib.blake2b(key=key, person=kind.encode(), digest_size=_HASH_BYTES)
            for kind in KINDS
        }

    @cached_property
    def _hashes(self) -> dict[Kind, frozenset[bytes]]:
        lists = {"producer": self.producers, "listener": self.listeners}
        return {kind: frozenset(map(bytes.fromhex, lists[kind])) for kind in KINDS}


def _numbers(text: str) -> Iterator[int]:
    for found in set(_WORDS.findall(text)):
        parts = (found, *_WITHIN_WORDS.split(found))
        for word in {found, *(part.strip(":=.") for part in parts)} - {""}:
            whole = _WHOLE.fullmatch(word)
            if whole:
                yield int(whole[1])
            yield id_of(word)


def read_erased(root: Path) -> Erased | None:
    """The list of a store; None if nobody was ever erased. Raises ErasedListDamaged."""
    path = root / ERASED
    if not path.exists():
        return None
    erased = read_document(path, Erased)
    if erased is None:
        raise ErasedListDamaged(
            f"{path} is damaged: it says whose data was erased, and without it their data would "
            "come back. Put a copy of it in its place (a backup of the store has one), or remove "
            "it and run `beatxp erase` for all of them again."
        )
    return erased


def write_erased(root: Path, erased: Erased) -> None:
    """Keep the list, durably: what is erased from now on stays so."""
    write_document(erased, root / ERASED)
    sync_folder(root)

"""Which of several rows with one identity is the valid one: the later, by path and row number.

(Specification, section 1.) The accounts of the files often show that no identity stands twice, and
then nothing has to be compared.
"""

from collections.abc import Iterable, Sequence
from itertools import pairwise

import polars as pl

from pipelines.exports.contribution import Contribution
from pipelines.exports.schemas import SCHEMAS, identity
from pipelines.store.store import Store


def key_columns(entity: str) -> tuple[str, ...]:
    """The columns that identify a row of an entity; of plays, within their day."""
    return identity(SCHEMAS[entity]).columns


def apart(ranges: Iterable[Sequence[int]]) -> bool:
    """Whether no two ranges (first, last) have a number in common."""
    return all(a[1] < b[0] for a, b in pairwise(sorted(map(list, ranges))))


def come_once(accounts: Iterable[Contribution]) -> bool:
    """Whether it is certain that no identity stands twice in the rows of some files."""
    known = [account for account in accounts if account.accepted]
    return all(a.is_distinct for a in known) and apart(a.keys for a in known)


def winners(
    store: Store, entity: str, files: Sequence[str], columns: Sequence[str], once: bool
) -> pl.DataFrame:
    """The valid rows of some files, which come in the order of their paths; ascending by identity.

    `once`: it is known that no identity stands twice.
    """
    key = key_columns(entity)
    paths = [store.path(file) for file in files]
    rows = pl.read_parquet(paths, columns=list(columns), hive_partitioning=False, glob=False)
    if not once:
        rows = rows.unique(key, keep="last", maintain_order=True)
    return rows.sort(key)

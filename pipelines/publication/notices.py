"""What an operator should know about the input, though it stops nothing (specification, section 1).

Every refresh says all of it again, for as long as it is so.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Final

import polars as pl

from pipelines.errors import did_you_mean
from pipelines.exports.contribution import Contribution
from pipelines.exports.dumps import Dump, Dumps
from pipelines.exports.files import DUMP_ENTITIES
from pipelines.exports.ingest import Deliveries, Delivery
from pipelines.publication.guards import example_of
from pipelines.publication.manifest import Manifest
from pipelines.run import Run
from pipelines.store.checksums import Damaged, verified
from pipelines.store.store import Store
from pipelines.vocabulary import ENTITIES, plural

#: Names that one sentence lists.
_LISTED: Final = 20
#: By which column of a dump a row is somebody's, or something's, that was in force before.
_LOST: Final = {"producers": "producer_id", "tracks": "track_id"}


def notices(run: Run, deliveries: Deliveries, dumps: Dumps) -> list[str]:
    """Sentences about the files that are present, for a time."""
    # There can be a hundred thousand files of which there is nothing to say.
    odd = {
        entity: [d for d in files if _is_odd(d.contribution)]
        for entity, files in deliveries.files.items()
    }
    return [
        *_not_read(deliveries),
        *(said for files in odd.values() for d in files for said in _of_file(d)),
        *(said for entity in ENTITIES for said in _bad_input(entity, odd[entity])),
        *(said for entity in ENTITIES for said in _erased(entity, odd[entity])),
        *_of_dumps(run, deliveries, dumps),
    ]


def lost_rows(store: Store, deliveries: Deliveries, dumps: Dumps, published: Manifest) -> list[str]:
    """Sentences about producers and tracks of the last publication whose row in the dump that is
    now in force was rejected: all that they had is gone until the row is mended.
    """
    said = []
    for entity, column in _LOST.items():
        gone = _rejected_ids(store, deliveries.files[entity], dumps, entity)
        if gone:
            # Another row of the dump may say the same key.
            gone -= set(store.read(getattr(dumps, entity), (column,))[column])
            gone &= _ids_before(store, entity, column, dumps, published)
        if gone:
            said.append(
                f"{plural(len(gone), entity.removesuffix('s'))} that were there before "
                f"{'is' if len(gone) == 1 else 'are'} gone, since the row in the new dump was "
                f"rejected: {_listed(map(str, sorted(gone)))}."
            )
    return said


def _not_read(deliveries: Deliveries) -> Iterator[str]:
    if deliveries.ignored:
        yield (
            "Ignored, since their endings are not those of export files: "
            f"{_listed(deliveries.ignored)}."
        )
    for folder in deliveries.missing_folders:
        yield f"The settings name the folder {folder} of the exports, which is not there."
    for folder in deliveries.unknown_folders:
        yield f"The folder {folder} of the exports is no entity's; {did_you_mean(folder, ENTITIES)}"


def _is_odd(account: Contribution) -> bool:
    return bool(
        account.file_reason
        or account.unknown_columns
        or account.rejected
        or account.bad_cells
        or account.erased
    )


def _of_file(delivery: Delivery) -> Iterator[str]:
    account, name = delivery.contribution, f"{delivery.entity}/{delivery.path}"
    if account.file_reason:
        yield f"{name} was rejected, {account.file_reason}: {account.file_detail}"
    if account.unknown_columns:
        columns = ", ".join(column or '""' for column in account.unknown_columns)
        yield f"{name} has columns that mean nothing here: {columns}."
    if account.rows_read and account.rejected == account.rows_read:
        yield f"No row of {name} was accepted."


def _bad_input(entity: str, files: list[Delivery]) -> Iterator[str]:
    for reason, rows in _sum(d.contribution.reasons for d in files):
        shown = example_of(files, reason)
        yield f"{plural(rows, 'row')} of {entity} rejected, {reason}, such as {shown}."
    for column, cells in _sum(d.contribution.bad_cells for d in files):
        shown = example_of(files, column)
        yield f"{plural(cells, 'bad cell')} of {entity} in {column}, such as {shown}."


def _erased(entity: str, files: list[Delivery]) -> Iterator[str]:
    of = [d for d in files if d.contribution.erased]
    if of:
        rows = sum(d.contribution.erased for d in of)
        yield (
            f"{plural(rows, 'row')} of {entity}, in {plural(len(of), 'file')} such as "
            f"{entity}/{of[0].path}, left out or of an unknown listener, since data was erased."
        )


def _sum(counts: Iterable[dict[str, int]]) -> list[tuple[str, int]]:
    total: Counter[str] = Counter()
    for each in counts:
        total.update(each)
    return sorted(total.items())


def _of_dumps(run: Run, deliveries: Deliveries, dumps: Dumps) -> Iterator[str]:
    for entity, stamp in dumps.incomplete(run.as_of):
        yield (
            f"The dump of {entity} of {stamp:%Y-%m-%dT%H:%M} is incomplete, since a file of it was "
            "rejected: it is not used, and the one before stays in force."
        )
    for entity in DUMP_ENTITIES:
        for dump in dumps.dumps[entity]:
            if dump.stamp > run.as_of:
                yield (
                    f"The dump of {entity} of {dump.stamp:%Y-%m-%dT%H:%M} is not in force yet: its "
                    f"stamp lies after {run.as_of:%Y-%m-%dT%H:%M:%S}, up to which this counts."
                )
            if _repeats_itself(dump):
                yield (
                    f"The files of the dump of {entity} of {dump.stamp:%Y-%m-%dT%H:%M} say most "
                    "keys more than once: several dumps may have been taken for one, if their "
                    "paths tell them apart by something that is no time."
                )
        if entity not in dumps.stamps and (entity == "producers" or deliveries.files[entity]):
            yield f"No dump of {entity} is in force: there is none, or none that can be used yet."


def _repeats_itself(dump: Dump) -> bool:
    """Whether more than half of the rows say a key that another row says too."""
    rows = dump.rows + dump.duplicates
    return len(dump.files) > 1 and 4 * dump.duplicates > rows


def _rejected_ids(store: Store, files: list[Delivery], dumps: Dumps, entity: str) -> set[int]:
    """The ids of rejected rows of the current dump, as far as they can be read."""
    found: set[int] = set()
    for d in files:
        if d.stamp is None or d.stamp != dumps.stamps.get(entity) or not d.contribution.rejected:
            continue
        path = store.path(d.rejects_file)
        keys = pl.read_parquet(path, columns=["key"], hive_partitioning=False)["key"]
        found.update(keys.drop_nulls())
    return found


def _ids_before(
    store: Store, entity: str, column: str, dumps: Dumps, published: Manifest
) -> set[int]:
    """The ids that were in force: of producers those published, of tracks those of the dump before
    the current one; none if what was published is damaged.
    """
    if entity == "producers":
        try:
            files = [str(verified(path)) for path in published.paths(store.root, "progress")]
        except Damaged:
            return set()
    else:
        known = [dump for dump in dumps.dumps[entity] if dump.complete]
        earlier = [dump for dump in known if dump.stamp < dumps.stamps[entity]]
        files = [str(store.path(file)) for file in earlier[-1].files] if earlier else []
    if not files:
        return set()
    rows = pl.read_parquet(files, columns=[column], hive_partitioning=False, glob=False)
    return set(rows[column])


def _listed(names: Iterable[str]) -> str:
    every = list(names)
    more = f" and {len(every) - _LISTED} more" if len(every) > _LISTED else ""
    return ", ".join(every[:_LISTED]) + more

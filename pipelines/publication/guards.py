"""Guards: too much bad input stops a refresh before it publishes (specification, section 1).

They decide whether to publish, never what is published.
"""

from collections import Counter
from collections.abc import Container
from dataclasses import dataclass

from pipelines.exports.files import DUMP_ENTITIES
from pipelines.exports.ingest import Deliveries, Delivery
from pipelines.publication.manifest import Manifest
from pipelines.settings import Guards
from pipelines.vocabulary import plural

WORST = 3
#: Of fewer cells a share says little.
FEWEST_CELLS = 20


@dataclass(frozen=True)
class Complaint:
    """A guard that does not hold, in sentences.

    `summary` says which and by how much, and may be told to viewers; `files` names the export files
    and what is in them.
    """

    summary: str
    files: str = ""

    def __str__(self) -> str:
        return f"{self.summary} {self.files}".rstrip()


def check_guards(
    guards: Guards,
    deliveries: Deliveries,
    dump_rows: dict[str, int],
    event_rows: dict[str, int],
    published: Manifest | None,
    changed: Container[tuple[str, str]],
) -> list[Complaint]:
    """Which guards do not hold, why, and for which files; empty if all hold.

    Rejected rows and files, and bad cells, are judged among what is new or changed since the last
    publication: the entities and paths in `changed`. Rows of the current dumps, and accepted rows
    of events, are judged against that publication's.
    """
    complaints: list[Complaint] = []
    for entity, files in deliveries.files.items():
        new = [d for d in files if (entity, d.path) in changed]
        complaints += _rejected_rows(guards, entity, new)
        complaints += _bad_cells(guards, entity, new)
        if not guards.allow_rejected_files:
            complaints += [
                Complaint(
                    f"A file of {entity} was rejected ({d.contribution.file_reason}) and "
                    "`guards.allow_rejected_files` is false.",
                    f"It is {entity}/{d.path}: {d.contribution.file_detail}",
                )
                for d in new
                if d.contribution.file_reason
            ]
    for entity in DUMP_ENTITIES:
        rows = dump_rows.get(entity, 0)
        last = published.dump_rows.get(entity, 0) if published else 0
        if 100 * (last - rows) > guards.max_shrink_percent * last:
            complaints.append(
                Complaint(
                    f"The current dump of {entity} has {plural(rows, 'row')}, the last published "
                    f"one had {last:,}: it shrank by more than `guards.max_shrink_percent` = "
                    f"{guards.max_shrink_percent}. It may be a partial dump."
                )
            )
    for entity, last in (published.event_rows if published else {}).items():
        rows = event_rows.get(entity, 0)
        if 100 * (last - rows) > guards.max_shrink_percent * last:
            complaints.append(
                Complaint(
                    f"All files of {entity} together have {plural(rows, 'accepted row')}, at the "
                    f"last publication they had {last:,}: more than `guards.max_shrink_percent` = "
                    f"{guards.max_shrink_percent} are gone. Files may be missing."
                )
            )
    return complaints


def _bad_cells(guards: Guards, entity: str, new: list[Delivery]) -> list[Complaint]:
    written: Counter[str] = Counter()
    bad: Counter[str] = Counter()
    for d in new:
        written.update(d.contribution.written)
        bad.update(d.contribution.bad_cells)
    return [
        Complaint(
            f"{cells:,} of {plural(written[column], 'cell')} of {entity}.{column} in new files "
            f"mean nothing, more than `guards.max_bad_cells_percent` = "
            f"{guards.max_bad_cells_percent}.",
            f"{_worst_files(entity, new, column)} Such as {example_of(new, column)}.",
        )
        for column, cells in sorted(bad.items())
        if written[column] >= FEWEST_CELLS
        and 100 * cells > guards.max_bad_cells_percent * written[column]
    ]


def _worst_files(entity: str, files: list[Delivery], column: str) -> str:
    worst = sorted(files, key=lambda d: -d.contribution.bad_cells.get(column, 0))[:WORST]
    named = ", ".join(
        f"{entity}/{d.path} ({cells:,})"
        for d in worst
        if (cells := d.contribution.bad_cells.get(column, 0))
    )
    return f"Worst files: {named}."


def example_of(files: list[Delivery], of: str) -> str:
    """A value of a reason or a column, as it is written."""
    examples = (d.contribution.examples for d in files)
    return next((repr(found[of]) for found in examples if of in found), "none that can be shown")


def _rejected_rows(guards: Guards, entity: str, new: list[Delivery]) -> list[Complaint]:
    rows = sum(d.contribution.rows_read for d in new)
    rejected = sum(d.contribution.rejected for d in new)
    if 100 * rejected <= guards.max_rejected_percent * rows:
        return []
    worst = sorted(new, key=lambda d: -d.contribution.rejected)[:WORST]
    files = ", ".join(
        f"{entity}/{d.path} ({d.contribution.rejected:,} of {d.contribution.rows_read:,})"
        for d in worst
        if d.contribution.rejected
    )
    reasons: Counter[str] = Counter()
    for d in new:
        reasons.update(d.contribution.reasons)
    named = ", ".join(
        f"{reason} ({count:,}, such as {example_of(new, reason)})"
        for reason, count in reasons.most_common(WORST)
    )
    return [
        Complaint(
            f"{rejected:,} of {plural(rows, 'new row')} of {entity} were rejected, more than "
            f"`guards.max_rejected_percent` = {guards.max_rejected_percent}.",
            f"Worst files: {files}. Most frequent reasons: {named}.",
        )
    ]

"""Guards: too much bad input stops a refresh before it publishes (specification, section 1).

They decide whether to publish, never what is published.
"""

from collections import Counter
from dataclasses import dataclass

from pipelines.exports.files import DUMP_ENTITIES
from pipelines.exports.ingest import Deliveries, Delivery
from pipelines.publication.manifest import Manifest
from pipelines.settings import Guards
from pipelines.vocabulary import plural

WORST = 3


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
    guards: Guards, deliveries: Deliveries, dump_rows: dict[str, int], published: Manifest | None
) -> list[Complaint]:
    """Which guards do not hold, why, and for which files; empty if all hold.

    Rejected rows and files are judged among what is new or changed since the last publication.
    """
    before = published.export_files if published else {}
    complaints: list[Complaint] = []
    for entity, files in deliveries.files.items():
        new = [d for d in files if before.get(f"{entity}/{d.path}") != d.sha256]
        complaints += _rejected_rows(guards, entity, new)
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
    return complaints


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
    named = ", ".join(f"{reason} ({count:,})" for reason, count in reasons.most_common(WORST))
    return [
        Complaint(
            f"{rejected:,} of {plural(rows, 'new row')} of {entity} were rejected, more than "
            f"`guards.max_rejected_percent` = {guards.max_rejected_percent}.",
            f"Worst files: {files}. Most frequent reasons: {named}.",
        )
    ]

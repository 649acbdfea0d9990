"""Whether and what to publish (specification, sections 1 and 5)."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from pipelines.activity.plays import read_plays
from pipelines.boards.periods import next_period
from pipelines.exports.erased import read_erased
from pipelines.failures import Failure
from pipelines.publication.export_files import (
    changed_files,
    contribution_folders,
    export_files,
)
from pipelines.publication.guards import Complaint, check_guards
from pipelines.publication.manifest import (
    Checked,
    Manifest,
    NoSnapshot,
    Snapshot,
    content_sha256,
    find_current,
    hold_back,
    new_id,
    nothing_held_back,
    publish,
    record_check,
)
from pipelines.publication.notices import lost_rows, notices
from pipelines.publication.reconciliation import check_rows, check_totals
from pipelines.publication.retention import retire
from pipelines.publication.verification import damaged_files
from pipelines.run import Run
from pipelines.settings import Settings
from pipelines.store.checksums import Damaged
from pipelines.store.parts import Part
from pipelines.store.store import Store
from pipelines.store.sweep import sweep
from pipelines.tables import CONTENT, Table

FOREVER = datetime(2100, 1, 1)


class Refused(Failure):
    """A guard stopped the publication: the last snapshot stays. `complaints` says why."""

    code = "refused"

    def __init__(self, complaints: list[Complaint]) -> None:
        super().__init__(
            "Not published: the last snapshot stays.\n"
            + "".join(f"- {complaint}\n" for complaint in complaints)
            + "`beatxp rejects --pending` lists what would have been rejected. To publish all the "
            "same, once: `beatxp refresh --ignore-guards`."
        )
        self.complaints = complaints


class Unbalanced(Failure):
    """What was computed does not add up: a fault of the program, never published."""

    code = "unbalanced"

    def __init__(self, complaints: list[str]) -> None:
        super().__init__(
            "What was computed does not add up. This is a fault of the program: please report it, "
            "with these lines.\n" + "\n".join(f"- {complaint}" for complaint in complaints)
        )


@dataclass(frozen=True)
class Outcome:
    """What a refresh came to: the snapshot now published, and whether it is a new one."""

    manifest: Manifest
    published: bool
    checked_at: datetime
    notices: list[str]


def publish_results(
    run: Run,
    settings: Settings,
    results: Mapping[str, Any],
    now: datetime,
    ignore_guards: bool = False,
) -> Outcome:
    """Publish the results of all steps, unless they are what is published already.

    Raises Refused if a guard does not hold, Unbalanced if the numbers do not add up. `now` is the
    clock's time, UTC without a zone.
    """
    root = run.store.root
    fault: str | None = None
    published: Manifest | None = None
    with suppress(NoSnapshot):
        published, fault = find_current(root)
    deliveries = results["deliveries"]
    complaints = check_guards(
        settings.guards,
        deliveries,
        results["dumps"].current_rows,
        results["inputs"].event_rows,
        published,
        changed_files(root, results["inputs"].parts["files"], published),
    )
    manifest = assemble(run, results, now)
    said = manifest.notices
    if published is not None:
        said = said + lost_rows(run.store, deliveries, results["dumps"], published)
    if complaints and not ignore_guards:
        hold_back(root, manifest)
        raise Refused(complaints)
    is_new = (
        published is None or published.snapshot.content_sha256 != manifest.snapshot.content_sha256
    )
    damaged = damaged_files(root, manifest, manifest.tables, run.workers)
    for damage in damaged:
        run.store.discard(damage.path)
    if damaged:
        raise damaged[0]
    if is_new:
        run.store.sync()
        manifest = publish(root, manifest)
    else:
        assert published is not None
        manifest = published
        if fault is not None or damaged_files(root, manifest, ("snapshot",), run.workers):
            manifest = publish(root, manifest)
    checked = Checked(
        snapshot_id=manifest.snapshot.snapshot_id,
        checked_at=now,
        as_of=run.as_of,
        until=_unchanged_until(run, results),
        version=run.store.version,
        rulebook_sha256=run.rulebook.sha256,
        listing=deliveries.listing if deliveries.is_recognisable else "",
        notices=said,
    )
    # What was published is published, whatever becomes of the rest.
    try:
        record_check(root, checked)
        nothing_held_back(root)
        retained = retire(root, settings.snapshots.keep)
        said = [*said, *map(_lost, retained.lost)]
        sweep(run.store, needed(root, retained.kept))
    except (OSError, Damaged) as error:
        said = [
            *said,
            f"Cleaning up failed, the next refresh tries again: {str(error).rstrip('.')}.",
        ]
    return Outcome(manifest, is_new, now, said)


def _lost(snapshot_id: str) -> str:
    return (
        f"Snapshot {snapshot_id} is lost: its manifest is gone or damaged, and cannot be made "
        "again. What was left of it is removed."
    )


def assemble(run: Run, results: Mapping[str, Any], now: datetime) -> Manifest:
    """The snapshot that the results of all steps make, as if it was published `now`.

    Raises Unbalanced if the numbers do not add up.
    """
    deliveries, dumps = results["deliveries"], results["dumps"]
    broken = check_rows(run.store, results["inputs"])
    broken += check_totals(run.store, results["xp_ledger"], results["progress"])
    if broken:
        raise Unbalanced(broken)
    tables = _tables(run.store, results)
    content = content_sha256(run.rulebook.sha256, tables)
    erased = read_erased(run.store.root)
    return Manifest(
        snapshot=Snapshot(
            snapshot_id=new_id(run.store.root, now, content),
            published_at=now,
            as_of=run.as_of,
            data_through=_data_through(run, results),
            rulebook_name=run.rulebook.name,
            rulebook_version=run.rulebook.version,
            rulebook_sha256=run.rulebook.sha256,
            producers=dumps.producers.rows,
            content_sha256=content,
        ),
        tables=tables,
        dump_rows=dumps.current_rows,
        notices=notices(run, deliveries, dumps),
        rulebook=run.rulebook.text,
        event_rows=results["inputs"].event_rows,
        dialects=deliveries.dialects,
        erased=erased.key if erased else "",
    )


def needed(root: Path, kept: Sequence[Manifest]) -> Iterator[str]:
    """The files of kept snapshots, and the contributions that they can be derived from again.

    Raises Damaged.
    """
    for manifest in kept:
        for parts in manifest.tables.values():
            yield from (part.file for part in parts)
    yield from contribution_folders(export_files(root, kept))


def _tables(store: Store, results: Mapping[str, Any]) -> dict[str, list[Part]]:
    """The files of every table; one without rows has one file, which shows its columns.

    `text_ids` is there only where ids are texts.
    """
    made: dict[str, list[Part]] = {}
    for result in results.values():
        made |= result.published()
    return {
        name: made[name] or [store.publish_part(name, "none", Table(name).empty)]
        for name in CONTENT
        if name in made or name != "text_ids"
    }


def _data_through(run: Run, results: Mapping[str, Any]) -> datetime | None:
    """The greatest among the times of events before as_of and the current stamps."""
    times = [*results["dumps"].stamps.values(), *results["events"].cuts.values()]
    days = results["counted_plays"].days
    for day in sorted(days, reverse=True):
        if days[day].first >= run.as_of:
            continue
        played = read_plays(run.store, days, [day])[day]["played_at"]
        last = played.filter(played < run.as_of).max()
        if isinstance(last, datetime):
            times.append(last)
            break
    return max((time for time in times if time is not None), default=None)


def _unchanged_until(run: Run, results: Mapping[str, Any]) -> datetime:
    """The latest as_of at which the same files give the same content, as far as is known."""
    limits = [
        next_period(run.as_of),
        results["catalogue"].next_from,
        results["events"].next_event,
        results["counted_plays"].next_play(run.as_of),
    ]
    stamp = results["dumps"].next_stamp(run.as_of)
    if stamp is not None:
        limits.append(stamp - timedelta(microseconds=1))
    return min((limit for limit in limits if limit is not None), default=FOREVER)


def utc_now() -> datetime:
    """The clock: UTC without a zone."""
    return datetime.now(UTC).replace(tzinfo=None)

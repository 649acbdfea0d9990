"""Plays, day by day, after re-deliveries: which ones count (specification, section 2: valid play).

A day is deduplicated again when its export rows, the rules or the self listeners of its tracks
changed; every other day stays as it is. Most days need no deduplication at all: if the accounts of
their files show that no play comes twice, and the rules let every play count, the export rows are
the plays.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta

import msgspec
import polars as pl

from pipelines.activity.catalogue import Catalogue
from pipelines.exports.identity import apart
from pipelines.exports.ingest import Deliveries
from pipelines.rulebook.tables import play_rules
from pipelines.run import Run, batches
from pipelines.store.results import StepResult
from pipelines.store.store import Store, key_of
from pipelines.tables import StoreFile, Table, pieces, union

#: Plays that are worked on at once, so that memory stays bounded.
BATCH_ROWS = 4_000_000
#: Plays that are read at once: each reading has a cost of its own.
READ_ROWS = 500_000
#: A day of more files is put together once, so that later steps need not open each, if they have
#: fewer rows than this on average.
SCATTERED_FILES = 16
SMALL_ROWS = 5_000
EPOCH = datetime(1970, 1, 1)
DAY = timedelta(days=1)
#: What the verdict about a play rests on.
JUDGED = ("play_id", "track_id", "played_at", "listener_id", "seconds_played")


class PlayDay(msgspec.Struct, frozen=True):
    """One day's plays: `key` says what they were made from.

    They are the rows of that day in `files`, below the store's folder, or, if it is there, those
    of the table `deduplicated`, and no files are named. `shares_files` = some of the files hold
    other days too. `first` and `last` bound the times of the delivered rows, `delivered` counts
    them.
    """

    key: str
    files: tuple[StoreFile, ...]
    shares_files: bool
    deduplicated: Table | None
    delivered: int
    first: datetime
    last: datetime

    @property
    def rows(self) -> int:
        """How many plays there are, valid or not."""
        return self.delivered if self.deduplicated is None else self.deduplicated.rows


class CountedPlays(StepResult, frozen=True):
    """All days with plays, and the self listeners that their verdicts rest on.

    `repeated` counts the delivered rows that a later one of the same file replaced.
    """

    days: dict[date, PlayDay]
    self_listeners: Table
    repeated: int

    def tables(self) -> dict[str, Table]:
        """The plays of days that are not plain export rows."""
        deduplicated = [
            day.deduplicated for day in self.days.values() if day.deduplicated is not None
        ]
        return {"counted_plays": union("counted_plays", deduplicated)}

    @property
    def duplicates(self) -> int:
        """Delivered rows that a later one replaced."""
        return self.repeated + sum(day.delivered - day.rows for day in self.days.values())

    def cut(self, day: date, as_of: datetime) -> datetime | None:
        """as_of if it may leave out plays of that day, else None."""
        return as_of if self.days[day].last >= as_of else None

    def next_play(self, as_of: datetime) -> datetime | None:
        """A time up to which as_of can move without another play coming into view."""
        coming = [day for day in self.days.values() if day.last >= as_of]
        return min((max(day.first, as_of) for day in coming), default=None)


class _Delivered(msgspec.Struct):
    """What the export files hold of one day; `ids` are the ranges of play ids, file by file.

    `first` and `last` are microseconds since the epoch.
    """

    files: list[str]
    rows: int
    first: int
    last: int
    ids: list[tuple[int, int]]
    is_distinct: bool
    shares_files: bool

    def comes_once(self) -> bool:
        """Whether it is certain that no play comes twice."""
        return self.is_distinct and apart(self.ids)

    def is_scattered(self) -> bool:
        """Whether to open its files takes longer than to read them."""
        return len(self.files) > SCATTERED_FILES and self.rows < SMALL_ROWS * len(self.files)


def count_plays(
    run: Run, previous: CountedPlays | None, deliveries: Deliveries, catalogue: Catalogue
) -> CountedPlays:
    """Deduplicate re-deliveries and apply the [plays] rules, for the days that need it."""
    delivered = _delivered_days(deliveries)
    rules = run.rulebook.section_key("plays")
    keys = {day: key_of(run.store.version, rules, d.files) for day, d in delivered.items()}
    kept: dict[date, PlayDay] = {}
    if previous is not None:
        kept = {d: p for d, p in previous.days.items() if keys.get(d) == p.key}
        if previous.self_listeners != catalogue.self_listeners:
            for day in _days_with_other_self_listeners(run, previous, catalogue, kept):
                kept.pop(day)
    missing = sorted(delivered.keys() - kept.keys())
    doubtful = [
        day
        for day in missing
        if _rules_decide(run) or not delivered[day].comes_once() or delivered[day].is_scattered()
    ]
    deduplicated = _deduplicate(run, delivered, doubtful, keys, catalogue)
    days = dict(kept)
    for day in missing:
        d = delivered[day]
        days[day] = PlayDay(
            keys[day],
            () if day in deduplicated else tuple(d.files),
            d.shares_files,
            deduplicated.get(day),
            d.rows,
            EPOCH + timedelta(microseconds=d.first),
            EPOCH + timedelta(microseconds=d.last),
        )
    repeated = sum(d.contribution.repeated for d in deliveries.accepted("plays"))
    return CountedPlays(dict(sorted(days.items())), catalogue.self_listeners, repeated)


def read_plays(
    store: Store, days: Mapping[date, PlayDay], wanted: Sequence[date]
) -> dict[date, pl.DataFrame]:
    """The plays of some days: track_id, played_at, valid, in no particular order.

    A file that several of the days share is read once.
    """
    found = {
        day: store.read(deduplicated)
        for day in wanted
        if (deduplicated := days[day].deduplicated) is not None
    }
    straight = [day for day in wanted if day not in found]
    alone = [day for day in straight if not days[day].shares_files]
    if alone:
        plays = _delivered_plays(store, days, alone).collect(engine="in-memory")
        of_days = pieces(plays, (days[day].delivered for day in alone))
        found |= dict(zip(alone, of_days, strict=True))
    sharing = [day for day in straight if days[day].shares_files]
    if sharing:
        rows = _delivered_plays(store, days, sharing).filter(_within(min(sharing), max(sharing)))
        by_date = by_day(rows.collect(engine="in-memory"), pl.col("played_at").dt.date())
        found |= {day: by_date[day] for day in sharing}
    return found


def _delivered_plays(
    store: Store, days: Mapping[date, PlayDay], wanted: Sequence[date]
) -> pl.LazyFrame:
    """The plays in the files of some days, file by file: all of them are valid."""
    files = dict.fromkeys(file for day in wanted for file in days[day].files)
    rows = scan_rows(store, files, ("track_id", "played_at"))
    return rows.with_columns(pl.lit(True).alias("valid"))


def scan_rows(store: Store, files: Iterable[str], columns: Sequence[str]) -> pl.LazyFrame:
    """Accepted rows of export files, one file after the other."""
    paths = [store.path(file) for file in files]
    return pl.scan_parquet(paths, hive_partitioning=False, glob=False).select(columns)


def before(plays: pl.DataFrame, cut: datetime | None) -> pl.DataFrame:
    """The plays before as_of, if it may leave some of them out."""
    return plays if cut is None else plays.filter(pl.col("played_at") < cut)


def reading_groups(days: Mapping[date, PlayDay], wanted: Iterable[date]) -> Iterator[list[date]]:
    """Days in order, in groups to be read together: small ones, and neighbours that share files."""
    group: list[date] = []
    files: set[str] = set()
    rows = 0
    for day in sorted(wanted):
        own = set(days[day].files)
        most = READ_ROWS if files.isdisjoint(own) else BATCH_ROWS
        if group and rows + days[day].rows > most:
            yield group
            group, files, rows = [], set(), 0
        group.append(day)
        files |= own
        rows += days[day].rows
    if group:
        yield group


def by_day(frame: pl.DataFrame, day: pl.Expr) -> dict[date, pl.DataFrame]:
    """The rows of each day, in their order, with the columns they have."""
    columns = frame.columns
    groups = frame.with_columns(day.alias("_day")).partition_by(
        "_day", as_dict=True, maintain_order=True
    )
    return {key[0]: group.select(columns) for key, group in groups.items()}


def _rules_decide(run: Run) -> bool:
    """Whether the rules let not every play count."""
    rules = run.rulebook.plays
    return bool(rules.min_seconds or rules.max_per_listener_track_day or not rules.count_self_plays)


def _deduplicate(
    run: Run,
    delivered: Mapping[date, _Delivered],
    days: Sequence[date],
    keys: Mapping[date, str],
    catalogue: Catalogue,
) -> dict[date, Table]:
    """The plays of some days after re-deliveries, with the verdict of the rules."""

    def winners(day: date) -> pl.DataFrame:
        # In the order of their paths. Of two with the same content the later one counts.
        files = list(dict.fromkeys(reversed(delivered[day].files)))[::-1]
        rows = scan_rows(run.store, files, JUDGED)
        if delivered[day].shares_files:
            rows = rows.filter(_within(day, day))
        # Files in the order of their paths, rows in the order of their numbers: the last one wins.
        return rows.collect(engine="in-memory").unique("play_id", keep="last", maintain_order=True)

    def keep(item: tuple[date, pl.DataFrame]) -> tuple[date, Table]:
        day, frame = item
        label = f"{day}-{key_of(keys[day], catalogue.self_listeners)}"
        return day, run.store.write("counted_plays", label, frame)

    deduplicated: dict[date, Table] = {}
    for batch in batches([(day, delivered[day].rows) for day in days], BATCH_ROWS):
        plays = zip(batch, run.each(winners, batch), strict=True)
        if _rules_decide(run):
            judged = run.engine.query(
                "activity/counted_plays",
                deduplicated_plays=pl.concat(frame for _, frame in plays),
                self_listeners=catalogue.self_listeners,
                play_rules=play_rules(run.rulebook),
            )
            deduplicated.update(
                run.each(keep, by_day(judged, pl.col("played_at").dt.date()).items())
            )
        else:
            valid = pl.lit(True).alias("valid")
            every = ((day, frame.select("track_id", "played_at", valid)) for day, frame in plays)
            deduplicated.update(run.each(keep, every))
    return deduplicated


def _delivered_days(deliveries: Deliveries) -> dict[date, _Delivered]:
    days: dict[str, _Delivered] = {}
    for delivery in deliveries.accepted("plays"):
        account = delivery.contribution
        for text, (rows, first, last, least_id, greatest_id) in account.days.items():
            day = days.setdefault(text, _Delivered([], 0, first, last, [], True, False))
            day.files.append(delivery.rows_file)
            day.rows += rows
            day.first, day.last = min(day.first, first), max(day.last, last)
            day.ids.append((least_id, greatest_id))
            day.is_distinct &= account.is_distinct
            day.shares_files |= len(account.days) > 1
    return {date.fromisoformat(text): day for text, day in days.items()}


def _days_with_other_self_listeners(
    run: Run, previous: CountedPlays, catalogue: Catalogue, kept: Mapping[date, PlayDay]
) -> list[date]:
    tables = [day.deduplicated for day in kept.values() if day.deduplicated is not None]
    if not tables:
        return []
    affected = run.engine.query(
        "incremental/self_listener_changes",
        self_listeners=catalogue.self_listeners,
        self_listeners_before=previous.self_listeners,
    )
    days = run.engine.query(
        "incremental/days_of_tracks",
        counted_plays=union("counted_plays", tables),
        changed_tracks=affected,
    )
    return days["day"].to_list()


def _within(first: date, last: date) -> pl.Expr:
    """Whether a play is of some days; bounds let readers pass over whole groups of rows."""
    start, end = (datetime(day.year, day.month, day.day) for day in (first, last + DAY))
    return (pl.col("played_at") >= start) & (pl.col("played_at") < end)

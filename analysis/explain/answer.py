"""Where a producer's XP comes from: from the total down to export rows, and what does not count."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final

import polars as pl

from analysis.explain import rules
from analysis.explain.achievements import achievements
from analysis.explain.dumps import collaborations, metadata, other_dumps, uploads
from analysis.explain.evidence import Evidence
from analysis.explain.plays import about_how_many, judged_plays
from analysis.explain.producer_events import adjustments, earnings, grants
from analysis.explain.rejected import rejects
from analysis.explain.verdicts import COUNTED
from analysis.unmatched import unmatched_counts
from pipelines.published.rejects import Selection, rejected_files
from pipelines.published.snapshot import PublishedSnapshot, progress_of
from pipelines.published.unread import unread_files
from pipelines.tables import COUNT, ID, TEXT
from pipelines.vocabulary import ENTITIES

#: The table with the export rows of each activity, the column with their time, and their reader.
ACTIVITIES: Final[Mapping[str, tuple[str, str, Callable[[Evidence], pl.DataFrame]]]] = {
    "upload": ("uploads", "published_at", uploads),
    "metadata": ("metadata", "completed_at", metadata),
    "collaboration": ("collaborations", "collaborated_at", collaborations),
    "play": ("plays", "played_at", judged_plays),
    "earning": ("earnings", "earned_at", earnings),
    "achievement": ("grants", "granted_at", grants),
    "adjustment": ("adjustments", "adjusted_at", adjustments),
}
#: The exports that a source follows from; achievements follow from all of them.
EXPORTS: Final[Mapping[str, tuple[str, ...]]] = {
    "upload": ("tracks",),
    "metadata": ("tracks",),
    "collaboration": ("tracks", "credits", "producers"),
    "play": ("plays", "tracks", "credits", "producers"),
    "earning": ("earnings",),
    "achievement": ENTITIES,
    "adjustment": ("adjustments",),
}
#: Tables with too many rows to be listed unless a source or a day is asked for.
MANY: Final = ("plays", "earnings")
TOTAL = pl.Schema(
    {
        "producer_id": ID,
        "display_name": TEXT,
        "ledger_rows": COUNT,
        "ledger_xp": COUNT,
        "total_xp": COUNT,
    }
)
#: Of a producer with more plays than this, only those of a day are looked at one by one.
MOST_PLAYS: Final = 1_000_000
VERDICTS = pl.Schema({"table": TEXT, "verdict": TEXT, "replacement": TEXT, "rows": COUNT})


@dataclass(frozen=True)
class ExplainRequest:
    """What to explain of a producer; None = everything."""

    source: str | None = None
    day: date | None = None
    achievement: str | None = None

    @property
    def is_narrow(self) -> bool:
        """Whether all rows are meant, not only their sums."""
        return self.source is not None or self.day is not None


@dataclass(frozen=True)
class Explanation:
    """The answer. `activity` has the export rows behind it, by table, each with its verdict.

    Where ids of producers or tracks are texts, these stand beside the ids (published.text_ids).

    `total`: the sum of all ledger rows, and what is shown of it. `ledger` are the rows that are
    meant, each with its rule (rules.LEDGER); `sources` and `months` add them up. `verdicts` counts
    the export rows of each table of activity by what became of them for this producer, and those
    that a later row replaced also by what became of that one (`replacement`). `rejects`,
    `rejected_files` and `dumps` are input of which nothing could be made, or not yet; `unmatched`
    counts the rows that refer to something unknown, which may have been meant for anybody
    (unmatched.COUNTS), and `unread_files` are in the exports folder now and were not read
    (unread.UNREAD).
    `plays_left_out`: about how many plays there are, if they are too many to be looked at and so
    neither in `activity` nor in `verdicts`; else 0.
    """

    snapshot: PublishedSnapshot
    producer: Mapping[str, Any]
    joined_at: datetime
    request: ExplainRequest
    total: pl.DataFrame
    ledger: pl.DataFrame
    sources: pl.DataFrame
    months: pl.DataFrame
    achievements: pl.DataFrame
    verdicts: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=VERDICTS))
    activity: Mapping[str, pl.DataFrame] = field(default_factory=dict)
    plays_left_out: int = 0
    rejects: pl.DataFrame = field(default_factory=pl.DataFrame)
    rejected_files: pl.DataFrame = field(default_factory=pl.DataFrame)
    dumps: pl.DataFrame = field(default_factory=pl.DataFrame)
    unmatched: pl.DataFrame = field(default_factory=pl.DataFrame)
    unread_files: pl.DataFrame = field(default_factory=pl.DataFrame)

    def tables(self) -> dict[str, pl.DataFrame]:
        """Every table of the answer by name; those in MANY only if a source or day is asked for."""
        if self.request.achievement is not None:
            return {"achievements": self.achievements}
        return {
            "total": self.total,
            "ledger": self.ledger,
            "sources": self.sources,
            "months": self.months,
            "achievements": self.achievements,
            "verdicts": self.verdicts,
            **{
                name: rows
                for name, rows in self.activity.items()
                if name not in MANY or self.request.is_narrow
            },
            "rejects": self.rejects,
            "rejected_files": self.rejected_files,
            "dumps": self.dumps,
            "unmatched": self.unmatched,
            "unread_files": self.unread_files,
        }


def explain(evidence: Evidence, request: ExplainRequest | None = None) -> Explanation:
    """Explain a producer's XP in a snapshot. Raises NotFoundError for what is not in it."""
    request = request or ExplainRequest()
    snapshot, producer_id = evidence.derived.snapshot, evidence.producer_id
    progress = progress_of(snapshot, producer_id)
    every = rules.ledger_rows(snapshot, producer_id)
    ledger = _meant(every, request)
    unlocks = snapshot.scan("unlocks").filter(evidence.is_them).collect()
    adjusted = adjustments(evidence).filter(pl.col("verdict") == COUNTED)
    ruled = rules.ruled(evidence.rulebook, ledger, unlocks, adjusted)
    about: dict[str, Any] = {
        "snapshot": snapshot,
        "producer": progress,
        "joined_at": evidence.joined_at,
        "request": request,
        "total": evidence.with_texts(_total(progress, every)),
        "ledger": ruled,
        "sources": rules.by_source(ledger),
        "months": rules.by_month(ledger),
    }
    if request.achievement is not None:
        return Explanation(**about, achievements=achievements(evidence, request.achievement))
    wanted = [source for source in ACTIVITIES if request.source in (None, source)]
    left_out = 0
    if request.day is None and "play" in wanted:
        plays = about_how_many(evidence)
        if plays > MOST_PLAYS:
            left_out = plays
            wanted.remove("play")
    rows = {source: _rows(evidence, source, request.day) for source in wanted}
    exports = ENTITIES if request.source is None else EXPORTS[request.source]
    of_exports = pl.col("entity").is_in(list(exports))
    return Explanation(
        **about,
        achievements=_achievements(evidence, request),
        verdicts=_verdicts(rows),
        plays_left_out=left_out,
        activity={
            ACTIVITIES[source][0]: evidence.with_texts(found) for source, found in rows.items()
        },
        rejects=rejects(evidence, request.day).filter(of_exports),
        rejected_files=rejected_files(snapshot, Selection()).filter(of_exports),
        dumps=other_dumps(evidence).filter(of_exports),
        unmatched=unmatched_counts(evidence, request.day).filter(of_exports),
        unread_files=_unread(evidence).filter(of_exports | pl.col("entity").is_null()),
    )


def _total(progress: Mapping[str, Any], ledger: pl.DataFrame) -> pl.DataFrame:
    xp, rows = ledger["xp"].sum(), ledger.height
    row = (progress["producer_id"], progress["display_name"], rows, xp, progress["total_xp"])
    return pl.DataFrame([row], schema=TOTAL, orient="row")


def _meant(ledger: pl.DataFrame, request: ExplainRequest) -> pl.DataFrame:
    if request.source is not None:
        ledger = ledger.filter(pl.col("source") == request.source)
    if request.day is not None:
        ledger = ledger.filter(pl.col("day") == request.day)
    return ledger


def _rows(evidence: Evidence, source: str, day: date | None) -> pl.DataFrame:
    """The export rows of a source, of a day or of all."""
    _, time, read = ACTIVITIES[source]
    if day is None:
        return read(evidence)
    if source == "play":
        return judged_plays(evidence, day)
    return read(evidence).filter(pl.col(time).dt.date() == day)


def _achievements(evidence: Evidence, request: ExplainRequest) -> pl.DataFrame:
    meant = request.source in (None, "achievement")
    found = achievements(evidence, day=request.day, with_events=meant and request.is_narrow)
    return found if meant else found.clear()


def _unread(evidence: Evidence) -> pl.DataFrame:
    """The files that were not read, without those that no export file is called like."""
    derived = evidence.derived
    found = unread_files(derived.exports, derived.dialects, derived.snapshot)
    return found.filter(pl.col("reason") != "hidden")


def _verdicts(rows: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    counted = [
        frame.group_by("verdict", "replacement")
        .agg(pl.len().cast(COUNT).alias("rows"))
        .select(pl.lit(ACTIVITIES[source][0]).alias("table"), "verdict", "replacement", "rows")
        .sort("rows", "verdict", "replacement", descending=[True, False, False])
        for source, frame in rows.items()
    ]
    return pl.concat([pl.DataFrame(schema=VERDICTS), *counted])

"""All figures of the balance report of one snapshot."""

from dataclasses import dataclass
from datetime import date
from typing import Any

import polars as pl

from analysis.balance import achievements, boards, concentration, gate, inputs, ledger, levels
from analysis.balance.delivered import delivered_plays, ids_of, track_plays
from analysis.balance.listening import PLAY, favourites, listening
from analysis.balance.unusual import (
    Outliers,
    busy_listeners,
    odd_days,
    repeated_tracks,
    sudden_producers,
)
from analysis.scenario import Derived, Sandbox, open_sandbox
from pipelines.exports.restore import ExportFilesGone
from pipelines.publication.manifest import all_kept
from pipelines.published.origin import rulebook_of
from pipelines.published.snapshot import PublishedSnapshot, names_of
from pipelines.published.text_ids import texts_of
from pipelines.refresh import Watcher
from pipelines.rulebook import Rulebook
from pipelines.settings import Settings

#: Outliers of each kind that are looked at closely and listed.
MOST_LISTED = 20


@dataclass(frozen=True)
class Unavailable:
    """A figure that cannot be told, and why, in a sentence."""

    why: str


@dataclass(frozen=True)
class Concentration:
    """How unevenly one thing is spread over all producers (`concentration`)."""

    gini: float | None
    lorenz: pl.DataFrame
    shares: pl.DataFrame

    def top_share(self, percent: float) -> float | None:
        """The share of the richest `percent` of `concentration.TOP_PERCENTS`."""
        share: float | None = self.shares.filter(pl.col("percent") == percent)["share"].item()
        return share


@dataclass(frozen=True)
class Unusual:
    """What stands out among plays (`unusual`), of each kind at most MOST_LISTED.

    `days`: every day beside its neighbours. Listed tracks have their uploader (producer_id), listed
    listeners what they play (`listening.favourites`). Both need the plays themselves.
    """

    days: pl.DataFrame
    odd_days: Outliers
    producers: Outliers
    listeners: Outliers | Unavailable
    tracks: Outliers | Unavailable


@dataclass(frozen=True)
class Balance:
    """The figures, as frames that the modules of this package describe."""

    snapshot: PublishedSnapshot
    rulebook: Rulebook | Unavailable
    ledger_days: pl.DataFrame
    levels: pl.DataFrame
    days_to_reach: pl.DataFrame
    total_xp: int
    xp: Concentration
    plays: Concentration
    achievements: pl.DataFrame
    withheld: pl.DataFrame | Unavailable
    unusual: Unusual
    boards: pl.DataFrame
    inputs: pl.DataFrame
    input_days: pl.DataFrame
    rejected: pl.DataFrame
    names: dict[int, str]
    texts: dict[str, dict[int, str]]

    def told_ids(self, rows: pl.DataFrame) -> list[pl.Expr]:
        """The ids of the producers and tracks that are listed, as texts where they stand for some.

        By column (`texts`), as far as `rows` have it.
        """
        return [
            pl.col(column).replace_strict(texts, default=pl.col(column).cast(pl.String))
            for column, texts in self.texts.items()
            if texts and column in rows.columns
        ]


def balance(
    settings: Settings, snapshot: PublishedSnapshot, watcher: Watcher | None = None
) -> Balance:
    """Compute the report's figures for a kept snapshot.

    What needs more than the published tables comes from the export files that the snapshot was
    made from, and is Unavailable if they are gone. Raises RulebookError, ExportsChanging, OSError.
    """
    with open_sandbox(settings, watcher) as sandbox:
        return _balance(sandbox, snapshot)


def _balance(sandbox: Sandbox, published: PublishedSnapshot) -> Balance:
    snapshot = sandbox.opened(published)
    rulebook = _rulebook(snapshot)
    derived = _derived(sandbox, snapshot)
    booked = snapshot.scan("xp_ledger")
    dates = [
        date.fromisoformat(part.partition)
        for part in snapshot.manifest.parts("xp_ledger")
        if part.rows
    ]
    worth = pl.DataFrame(schema=ledger.WORTH)
    if isinstance(rulebook, Rulebook):
        worth = ledger.worth(rulebook, dates)
    ledger_days = ledger.ledger_days(booked, worth)
    progress = snapshot.scan("progress")
    totals = progress.select("total_xp", "plays").collect()
    withheld = _withheld(derived, rulebook, booked)
    unusual = _unusual(snapshot, derived, booked, ledger_days)
    shown = _shown(unusual, withheld)
    files = inputs.dated(snapshot.scan("files").collect())
    # What is kept now, and earlier, was there when the sandbox was opened: it is shared.
    kept = [PublishedSnapshot(sandbox.store.root, m) for m in all_kept(published.root)]
    return Balance(
        snapshot=published,
        rulebook=rulebook,
        ledger_days=ledger_days,
        levels=levels.producers_by_level(progress, snapshot.scan("levels")),
        days_to_reach=levels.days_to_reach(
            snapshot.scan("level_ups"), levels.first_days(booked), snapshot.scan("levels")
        ),
        total_xp=int(totals["total_xp"].sum()),
        xp=_concentration(totals["total_xp"]),
        plays=_concentration(totals["plays"]),
        achievements=achievements.unlock_shares(
            snapshot.scan("achievements"), snapshot.scan("unlocks"), totals.height
        ),
        withheld=withheld,
        unusual=unusual,
        boards=boards.stability(snapshot, boards.spread_out(kept, snapshot.row.published_at)),
        inputs=snapshot.scan("inputs").collect(),
        input_days=inputs.by_day(files),
        rejected=inputs.reasons_by_day(snapshot.scan("rejects"), files),
        names=names_of(snapshot, shown),
        texts={
            "producer_id": texts_of(snapshot, "producers", shown),
            "track_id": texts_of(snapshot, "tracks", _shown_tracks(unusual)),
        },
    )


def headlines(figures: Balance) -> dict[str, Any]:
    """The figures that stand first, by name; None for what is undefined or cannot be told."""
    xp, rows = figures.ledger_days, figures.inputs
    withheld, unusual = figures.withheld, figures.unusual
    effects = ledger.by_source(xp) if isinstance(figures.rulebook, Rulebook) else None
    last = figures.boards.filter(pl.col("category") == "points").tail(1)
    return {
        "producers": figures.snapshot.row.producers,
        "xp": int(xp["xp"].sum()),
        "total_xp": figures.total_xp,
        "xp_gini": figures.xp.gini,
        "plays_gini": figures.plays.gini,
        "top_1_percent_xp_share": figures.xp.top_share(1),
        "xp_lost_to_caps": None if effects is None else int(effects["lost_to_caps"].sum()),
        "xp_gained_from_boosts": (
            None if effects is None else int(effects["gained_from_boosts"].sum())
        ),
        "plays_withheld_by_gate": _sum(withheld, "plays"),
        "xp_withheld_by_gate": _sum(withheld, "xp"),
        "achievements": figures.achievements.height,
        "achievements_never_unlocked": achievements.never_unlocked(figures.achievements).height,
        "achievements_always_unlocked": achievements.always_unlocked(figures.achievements).height,
        "unusual_listeners": _count(unusual.listeners),
        "unusual_tracks": _count(unusual.tracks),
        "unusual_producers": _count(unusual.producers),
        "unusual_days": _count(unusual.odd_days),
        "points_board_correlation": None if last.is_empty() else last["correlation"][0],
        "rows_read": int(rows["rows_read"].sum()),
        "rejected_rows": int(rows["rejected"].sum()),
        "rejected_files": int(rows["rejected_files"].sum()),
    }


def _rulebook(snapshot: PublishedSnapshot) -> Rulebook | Unavailable:
    try:
        return rulebook_of(snapshot.manifest)
    except ExportFilesGone as error:
        return Unavailable(str(error))


def _derived(sandbox: Sandbox, snapshot: PublishedSnapshot) -> Derived | Unavailable:
    """The snapshot computed again: for the published one, all steps are remembered."""
    try:
        derived = sandbox.derive(sandbox.scenario_of(snapshot))
    except ExportFilesGone as error:
        return Unavailable(str(error))
    if derived.snapshot.row.content_sha256 != snapshot.row.content_sha256:
        return Unavailable(
            "Another version of the program published this snapshot, and this one computes other "
            "numbers from the same export files. Refresh, and report again."
        )
    return derived


def _concentration(values: pl.Series) -> Concentration:
    return Concentration(
        concentration.gini(values), concentration.lorenz(values), concentration.top_shares(values)
    )


def _withheld(
    derived: Derived | Unavailable, rulebook: Rulebook | Unavailable, booked: pl.LazyFrame
) -> pl.DataFrame | Unavailable:
    """What the collaboration gate withheld, by day and producer (`gate.withheld_xp`)."""
    if isinstance(derived, Unavailable):
        return derived
    if isinstance(rulebook, Unavailable):
        return rulebook
    catalogue, read = derived.results["catalogue"], derived.run.store.read
    closed = gate.closed_days(
        read(catalogue.collaborators),
        read(derived.results["dumps"].tracks),
        read(catalogue.attribution),
    )
    plays = gate.withheld_plays(track_plays(derived), closed)
    worth = ledger.worth(rulebook, plays["day"].unique().sort())
    return gate.withheld_xp(plays, booked, worth)


def _unusual(
    snapshot: PublishedSnapshot,
    derived: Derived | Unavailable,
    booked: pl.LazyFrame,
    ledger_days: pl.DataFrame,
) -> Unusual:
    plays = ledger_days.filter(pl.col("source") == "play")
    # The day of as_of is not over unless it is midnight.
    days, odd = odd_days(
        plays.select("day", pl.col("quantity").alias("plays")), snapshot.row.as_of.date()
    )
    listeners, tracks = _of_plays(derived)
    producers = sudden_producers(booked)
    return Unusual(days, odd.head(MOST_LISTED), producers.head(MOST_LISTED), listeners, tracks)


def _of_plays(
    derived: Derived | Unavailable,
) -> tuple[Outliers, Outliers] | tuple[Unavailable, Unavailable]:
    """Listeners and tracks that stand out, with what there is to say about those listed."""
    if isinstance(derived, Unavailable):
        return derived, derived
    heard = listening(
        delivered_plays(derived), ids_of(derived, "listener_id"), ids_of(derived, "track_id")
    )
    tracks_now = derived.run.store.read(derived.results["dumps"].tracks)
    uploaders = tracks_now.select("track_id", "producer_id")
    listeners = busy_listeners(heard.listeners).head(MOST_LISTED)
    tracks = repeated_tracks(heard.tracks).head(MOST_LISTED)
    theirs = [pl.DataFrame(schema=PLAY)]
    if listeners.count:
        listed = pl.col("listener_id").is_in(listeners.far["listener_id"].implode())
        theirs += [plays.filter(listed) for _, plays in delivered_plays(derived)]
    return (
        listeners.told(favourites(pl.concat(theirs), uploaders), "listener_id"),
        tracks.told(uploaders, "track_id"),
    )


def _shown(unusual: Unusual, withheld: pl.DataFrame | Unavailable) -> pl.Series:
    """The producers who are named somewhere in the report."""
    frames = [
        found.far
        for found in (unusual.producers, unusual.listeners, unusual.tracks)
        if isinstance(found, Outliers)
    ]
    if isinstance(withheld, pl.DataFrame):
        frames.append(gate.by_producer(withheld).head(MOST_LISTED))
    return pl.concat(frame["producer_id"] for frame in frames).drop_nulls().unique()


def _shown_tracks(unusual: Unusual) -> pl.Series:
    """The tracks that are listed."""
    nothing = pl.Series(dtype=pl.Int64)
    return unusual.tracks.far["track_id"] if isinstance(unusual.tracks, Outliers) else nothing


def _sum(found: pl.DataFrame | Unavailable, column: str) -> int | None:
    return None if isinstance(found, Unavailable) else int(found[column].sum())


def _count(found: Outliers | Unavailable) -> int | None:
    """How many stand out; None if that cannot be told."""
    if isinstance(found, Unavailable) or found.spread is None:
        return None
    return found.count

"""All figures of the balance report of one snapshot."""

from dataclasses import dataclass
from datetime import date
from typing import Any

import polars as pl

from analysis.balance import achievements, boards, concentration, gate, inputs, ledger, levels
from analysis.balance.listening import PLAY, favourites, listening
from analysis.balance.remembered import Remembered, Untold, recall
from analysis.balance.unusual import (
    Outliers,
    busy_listeners,
    odd_days,
    repeated_tracks,
    sudden_producers,
)
from pipelines.publication.manifest import all_kept
from pipelines.rulebook import Rulebook, parse_rulebook
from pipelines.snapshot import PublishedSnapshot, names_of
from pipelines.store.store import Store

#: Outliers of each kind that are looked at closely and listed.
MOST_LISTED = 20
_REFRESHED = Untold("A refresh changed the store meanwhile. Report again.")


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
    listeners: Outliers | Untold
    tracks: Outliers | Untold


@dataclass(frozen=True)
class Balance:
    """The figures, as frames that the modules of this package describe."""

    snapshot: PublishedSnapshot
    rulebook: Rulebook | Untold
    ledger_days: pl.DataFrame
    levels: pl.DataFrame
    days_to_reach: pl.DataFrame
    xp: Concentration
    plays: Concentration
    achievements: pl.DataFrame
    withheld: pl.DataFrame | Untold
    unusual: Unusual
    boards: pl.DataFrame
    inputs: pl.DataFrame
    input_days: pl.DataFrame
    rejected: pl.DataFrame
    names: dict[int, str]


def balance(snapshot: PublishedSnapshot, store: Store) -> Balance:
    """Compute the report's figures for a kept snapshot of a store.

    What needs more than the published tables is Untold if the store no longer has it.
    """
    rulebook = _rulebook(snapshot)
    remembered = recall(store, snapshot)
    booked = snapshot.scan("xp_ledger")
    dates = [
        date.fromisoformat(part.partition)
        for part in snapshot.manifest.tables["xp_ledger"]
        if part.rows
    ]
    worth = pl.DataFrame(schema=ledger.WORTH)
    if isinstance(rulebook, Rulebook):
        worth = ledger.worth(rulebook, dates)
    ledger_days = ledger.ledger_days(booked, worth)
    progress = snapshot.scan("progress")
    totals = progress.select("total_xp", "plays").collect()
    withheld = _withheld(remembered, rulebook, booked)
    unusual = _unusual(snapshot, remembered, booked, ledger_days)
    files = inputs.dated(snapshot.scan("files").collect())
    kept = [PublishedSnapshot(snapshot.root, manifest) for manifest in all_kept(snapshot.root)]
    return Balance(
        snapshot=snapshot,
        rulebook=rulebook,
        ledger_days=ledger_days,
        levels=levels.producers_by_level(progress, snapshot.scan("levels")),
        days_to_reach=levels.days_to_reach(
            snapshot.scan("level_ups"), levels.first_days(booked), snapshot.scan("levels")
        ),
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
        names=names_of(snapshot, _shown(unusual, withheld)),
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


def _rulebook(snapshot: PublishedSnapshot) -> Rulebook | Untold:
    text = snapshot.manifest.rulebook
    if not text:
        return Untold("The snapshot was published by an early version, which kept no rulebook.")
    return parse_rulebook(text.encode(), "the snapshot's rulebook")


def _concentration(values: pl.Series) -> Concentration:
    return Concentration(
        concentration.gini(values), concentration.lorenz(values), concentration.top_shares(values)
    )


def _withheld(
    remembered: Remembered | Untold, rulebook: Rulebook | Untold, booked: pl.LazyFrame
) -> pl.DataFrame | Untold:
    """What the collaboration gate withheld, by day and producer (`gate.withheld_xp`)."""
    if isinstance(remembered, Untold):
        return remembered
    if isinstance(rulebook, Untold):
        return rulebook
    try:
        closed = gate.closed_days(
            remembered.read(remembered.catalogue.collaborators),
            remembered.read(remembered.dumps.tracks),
            remembered.read(remembered.catalogue.attribution),
        )
        plays = gate.withheld_plays(remembered.track_plays, closed)
    except FileNotFoundError:
        return _REFRESHED
    worth = ledger.worth(rulebook, plays["day"].unique().sort())
    return gate.withheld_xp(plays, booked, worth)


def _unusual(
    snapshot: PublishedSnapshot,
    remembered: Remembered | Untold,
    booked: pl.LazyFrame,
    ledger_days: pl.DataFrame,
) -> Unusual:
    plays = ledger_days.filter(pl.col("source") == "play")
    # The day of as_of is not over unless it is midnight.
    days, odd = odd_days(
        plays.select("day", pl.col("quantity").alias("plays")), snapshot.row.as_of.date()
    )
    listeners: Outliers | Untold
    tracks: Outliers | Untold
    try:
        listeners, tracks = _of_plays(remembered)
    except FileNotFoundError:
        listeners = tracks = _REFRESHED
    producers = sudden_producers(booked)
    return Unusual(days, odd.head(MOST_LISTED), producers.head(MOST_LISTED), listeners, tracks)


def _of_plays(
    remembered: Remembered | Untold,
) -> tuple[Outliers, Outliers] | tuple[Untold, Untold]:
    """Listeners and tracks that stand out, with what there is to say about those listed."""
    if isinstance(remembered, Untold):
        return remembered, remembered
    heard = listening(
        remembered.plays(), remembered.ids_of("listener_id"), remembered.ids_of("track_id")
    )
    uploaders = remembered.read(remembered.dumps.tracks).select("track_id", "producer_id")
    listeners = busy_listeners(heard.listeners).head(MOST_LISTED)
    tracks = repeated_tracks(heard.tracks).head(MOST_LISTED)
    theirs = [pl.DataFrame(schema=PLAY)]
    if listeners.count:
        listed = pl.col("listener_id").is_in(listeners.far["listener_id"].implode())
        theirs += [plays.filter(listed) for _, plays in remembered.plays()]
    return (
        listeners.told(favourites(pl.concat(theirs), uploaders), "listener_id"),
        tracks.told(uploaders, "track_id"),
    )


def _shown(unusual: Unusual, withheld: pl.DataFrame | Untold) -> pl.Series:
    """The producers who are named somewhere in the report."""
    frames = [
        found.far
        for found in (unusual.producers, unusual.listeners, unusual.tracks)
        if isinstance(found, Outliers)
    ]
    if isinstance(withheld, pl.DataFrame):
        frames.append(gate.by_producer(withheld).head(MOST_LISTED))
    return pl.concat(frame["producer_id"] for frame in frames).drop_nulls().unique()


def _sum(found: pl.DataFrame | Untold, column: str) -> int | None:
    return None if isinstance(found, Untold) else int(found[column].sum())


def _count(found: Outliers | Untold) -> int | None:
    """How many stand out; None if that cannot be told."""
    if isinstance(found, Untold) or found.spread is None:
        return None
    return found.count

"""A part of the world that the rules compute by itself: some producers and what touches them.

Every producer, every day with plays and every category of boards has its turn. Rows of tracks,
credits, plays and events are left out only where no row of the same track, credit, play or event
is of a sampled producer, so that what the rules give for these producers is what they give for
everybody.

Plays cost most. Of a long history those of the newest day are read, and of some of the others. What
other days gave is taken as it is published: plays by producer and day, the times at which
thresholds of plays were reached, and, since tracks have no published counts by day, all that rests
on the plays of one track.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final

import duckdb
import polars as pl

from pipelines.exports.ingest import PLAYS
from pipelines.reference.recompute import (
    Source,
    accepted_rows,
    count_plays,
    create,
    delivered_days,
    run_rules,
)
from pipelines.reference.relations import ROWS
from pipelines.reference.rules import BEFORE_PLAYS, UP_TO_SCORES
from pipelines.tables import DAY, ID
from pipelines.vocabulary import CATEGORIES

EPOCH: Final = datetime(1970, 1, 1)
#: `every_track_rows` are the accepted rows of all tracks, `track_rows` those that matter.
_EVERY: Final = "every_"
_TRACKS: Final = """
CREATE TABLE sampled_tracks AS
SELECT track_id FROM every_track_rows SEMI JOIN sample USING (producer_id)
UNION
SELECT track_id FROM every_credit_rows SEMI JOIN sample USING (producer_id);
CREATE TABLE track_rows AS FROM every_track_rows SEMI JOIN sampled_tracks USING (track_id);
CREATE TABLE credit_rows AS FROM every_credit_rows SEMI JOIN sampled_tracks USING (track_id);
CREATE TABLE sampled_producers AS
SELECT producer_id FROM sample
UNION
SELECT producer_id FROM track_rows
UNION
SELECT producer_id FROM credit_rows;
CREATE TABLE producer_rows AS
FROM every_producer_rows SEMI JOIN sampled_producers USING (producer_id);
CREATE TABLE earning_rows AS
FROM every_earning_rows SEMI JOIN (
    SELECT earning_id FROM every_earning_rows SEMI JOIN sample USING (producer_id)
) USING (earning_id);
CREATE TABLE grant_rows AS
FROM every_grant_rows SEMI JOIN (
    SELECT grant_id FROM every_grant_rows SEMI JOIN sample USING (producer_id)
) USING (grant_id);
CREATE TABLE adjustment_rows AS
FROM every_adjustment_rows SEMI JOIN (
    SELECT adjustment_id FROM every_adjustment_rows SEMI JOIN sample USING (producer_id)
) USING (adjustment_id);
"""
#: A play that another row moves to or from a sampled track is found by its id, which alone is read
#: of all others: they are many.
_PLAYS: Final = (
    """
    CREATE OR REPLACE TEMP TABLE play_rows AS
    FROM delivered_plays SEMI JOIN sampled_tracks USING (track_id)
    """,
    """
    CREATE OR REPLACE TEMP TABLE moved_plays AS
    SELECT play_id FROM (
        SELECT play_id, 1 AS delivered FROM delivered_plays SEMI JOIN play_rows USING (play_id)
        UNION ALL
        SELECT play_id, -1 AS delivered FROM play_rows
    ) GROUP BY play_id HAVING sum(delivered) > 0
    """,
    """
    INSERT INTO play_rows
    FROM delivered_plays SEMI JOIN moved_plays USING (play_id) ANTI JOIN sampled_tracks
    USING (track_id)
    """,
)
#: What is taken as published where only some days of plays are read, by the rule after which.
_CONTINUED: Final = {
    "activity/producer_plays": """
        INSERT INTO producer_plays (day, producer_id, plays)
        SELECT day, producer_id, quantity FROM published_xp_ledger
        WHERE source = 'play' AND day NOT IN (FROM sampled_days)
    """,
    "achievements/play_unlocks": """
        DELETE FROM play_unlocks
        WHERE achievement IN (SELECT achievement FROM thresholds WHERE metric = 'track_plays');
        INSERT INTO play_unlocks (producer_id, achievement, unlocked_at, xp)
        SELECT u.producer_id, t.achievement, u.unlocked_at, u.xp
        FROM published_unlocks AS u JOIN thresholds AS t USING (achievement_id)
        WHERE t.metric = 'track_plays' OR (
            t.metric IN ('plays', 'day_plays')
            AND CAST(u.unlocked_at AS date) NOT IN (FROM sampled_days)
        )
    """,
    "progress/best_tracks": """
        DELETE FROM best_tracks;
        INSERT INTO best_tracks (producer_id, plays)
        SELECT producer_id, best_track_plays FROM published_progress
    """,
}


@dataclass(frozen=True)
class Sample:
    """The `turn`-th of several samples, each of `producers` of all of them.

    About `plays` are read at most, in whole days, except that the newest day always is.
    """

    turn: int
    producers: int
    plays: int = 10_000_000

    def of(self, producer_ids: Sequence[int]) -> list[int]:
        """Those of some ids, which are distinct and ascending, whose turn it is."""
        return list(
            producer_ids[self.turn % self._turns(producer_ids) :: self._turns(producer_ids)]
        )

    def days_of(
        self, producer_ids: Sequence[int], rows: Mapping[date, int]
    ) -> tuple[list[list[date]], bool]:
        """Stretches of the days, which are ascending, whose turn it is; and whether these are all.

        `rows` are those of each day. When the same producers have their turn again, other days do.
        """
        if not rows:
            return [], True
        *older, newest = rows
        total = sum(rows[day] for day in older)
        parts = -(-total // max(self.plays - rows[newest], 1))
        stretches: list[list[date]] = [[] for _ in range(parts)]
        before = 0
        for day in older:
            stretches[before * parts // total].append(day)
            before += rows[day]
        stretches = [stretch for stretch in stretches if stretch]
        # The sum, since either alone would let some producers meet the same days again and again.
        place = sum(divmod(self.turn, self._turns(producer_ids)))
        chosen = [stretches[place % len(stretches)]] if stretches else []
        return [*chosen, [newest]], len(stretches) < 2

    @property
    def category(self) -> str:
        """The category of boards whose turn it is."""
        return list(CATEGORIES)[self.turn % len(CATEGORIES)]

    def _turns(self, producer_ids: Sequence[int]) -> int:
        """After how many turns every producer has been looked at."""
        return max(1, -(-len(producer_ids) // self.producers))


def turn_of(now: datetime) -> int:
    """The turn of an hour (UTC without a zone): the next hour has the next one."""
    return (now - EPOCH) // timedelta(hours=1)


def recompute_sample(
    connection: duckdb.DuckDBPyConnection,
    source: Source,
    sample: Sample,
    published: Mapping[str, duckdb.DuckDBPyRelation],
) -> None:
    """Make every relation up to the scores of boards; they are right for the producers in `sample`.

    That is a relation too, and so are the published rows of these producers, each under the name of
    its table after `published_`. Raises duckdb.Error.
    """
    for entity, name in ROWS.items():
        if entity != PLAYS:
            accepted_rows(connection, source, entity, _EVERY + name)
    # Also those who are published and in no export file.
    of_files, of_progress = (
        relation.select("producer_id")
        for relation in (connection.table(_EVERY + ROWS["producers"]), published["progress"])
    )
    known = of_files.union(of_progress).distinct().order("producer_id")
    ids = [producer_id for (producer_id,) in known.fetchall()]
    chosen = pl.DataFrame({"producer_id": sample.of(ids)}, schema={"producer_id": ID})
    create(connection, "sample", chosen)
    rows = {
        day: delivered
        for day, delivered in delivered_days(source).items()
        if datetime.combine(day, time()) < source.as_of
    }
    stretches, are_all = sample.days_of(ids, rows)
    days = pl.DataFrame(
        {"day": [day for stretch in stretches for day in stretch]}, schema={"day": DAY}
    )
    create(connection, "sampled_days", days)
    of_sample = connection.table("sample")
    for table in ("xp_ledger", "unlocks", "level_ups", "progress", "leaderboard"):
        rows_of = published[table].join(of_sample, "producer_id", how="semi")
        rows_of.create(f"published_{table}")
    connection.execute(_TRACKS)
    run_rules(connection, BEFORE_PLAYS)
    count_plays(connection, source, stretches, _PLAYS)
    run_rules(connection, UP_TO_SCORES, {} if are_all else _CONTINUED)

"""What thresholds unlock, by activity and by plays."""

from datetime import datetime

import msgspec
import polars as pl

from pipelines.achievements.milestones import PlayMilestones
from pipelines.achievements.unlocks import unlock_by_activity, unlock_by_plays
from pipelines.activity.catalogue import build_catalogue
from pipelines.run import Run
from pipelines.tables import Table
from tests.runs import dumps, events, table

PRODUCERS = [{"producer_id": 1, "status": "active", "joined_at": datetime(2026, 1, 1)}]


def uploaded(*days: int) -> list[dict[str, object]]:
    """Tracks of producer 1, published on days of September."""
    return [
        {
            "track_id": 10 + number,
            "producer_id": 1,
            "status": "published",
            "published_at": datetime(2026, 9, day),
        }
        for number, day in enumerate(days)
    ]


def test_the_second_upload_unlocks_and_weeks_in_a_row_are_counted(run: Run) -> None:
    of_dumps = dumps(run, producers=PRODUCERS, tracks=uploaded(14, 7, 21, 30))
    found = unlock_by_activity(run, of_dumps, events(run), build_catalogue(run, of_dumps))
    unlocks = run.store.read(found.activity_unlocks)
    # The fourth in the order of ids: uploads-2, worth 200, with the upload of the 14th.
    assert unlocks.rows() == [(1, 3, datetime(2026, 9, 14), 200)]
    # The weeks of the 7th, 14th, 21st and 28th.
    assert run.store.read(found.upload_streaks).rows() == [(1, 4)]


def test_plays_unlock_for_producers_and_those_of_a_track_for_its_uploader(run: Run) -> None:
    first, second = datetime(2026, 9, 20, 6), datetime(2026, 9, 21, 7)
    of_dumps = dumps(run, producers=PRODUCERS, tracks=uploaded(14, 15))
    nothing = Table("track_plays")
    plays = PlayMilestones({}, {}, nothing, nothing, nothing, nothing, nothing, nothing)
    plays = msgspec.structs.replace(
        plays,
        play_milestones=table(
            run,
            "play_milestones",
            {"producer_id": 1, "metric": "plays", "k": 3, "reached_at": second},
        ),
        track_milestones=table(
            run,
            "track_milestones",
            {"track_id": 10, "k": 2, "reached_at": second},
            {"track_id": 11, "k": 2, "reached_at": first},
        ),
    )
    found = unlock_by_plays(run, of_dumps, plays)
    by_achievement = run.store.read(found.play_unlocks).sort("achievement").drop("producer_id")
    # plays-3 is the second id, tracks-2 the third; of two tracks the earlier unlocks.
    assert by_achievement.rows() == [(1, second, 100), (2, first, 100)]
    assert by_achievement.schema["unlocked_at"] == pl.Datetime("us")

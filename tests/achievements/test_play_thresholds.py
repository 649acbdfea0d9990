"""When thresholds of plays are reached, followed from the first day on."""

from datetime import date, datetime, timedelta

from pipelines.achievements.milestones import PlayMilestones
from pipelines.achievements.play_thresholds import follow_plays
from pipelines.activity.catalogue import Catalogue
from pipelines.activity.day_counts import ProducerPlays, attribute_plays
from pipelines.activity.plays import CountedPlays, PlayDay
from pipelines.arrays.attribution import FIRST_DAY, LAST_DAY
from pipelines.run import Run
from pipelines.tables import Table
from tests.runs import table

FIRST = date(2026, 9, 1)
#: Producer 1 uploaded track 10, and 2 has earned from it since the third day.
EARNERS = [
    {"track_id": 10, "producer_id": 1, "from_day": FIRST_DAY, "until_day": LAST_DAY},
    {"track_id": 10, "producer_id": 2, "from_day": FIRST + timedelta(2), "until_day": LAST_DAY},
]


def produced(run: Run, *hours_of_days: list[int]) -> ProducerPlays:
    """Plays of track 10 on days one after the other, at these hours."""
    days = {}
    for number, hours in enumerate(hours_of_days):
        day = FIRST + timedelta(number)
        times = [datetime(day.year, day.month, day.day, hour) for hour in hours]
        rows = [{"track_id": 10, "played_at": time, "valid": True} for time in times]
        plays = table(run, "counted_plays", *rows)
        days[day] = PlayDay(str(hours), (), False, plays, len(hours), times[0], times[-1])
    nothing = Table("uploads")
    attribution = table(run, "attribution", *EARNERS)
    catalogue = Catalogue(
        nothing, nothing, nothing, nothing, nothing, attribution, nothing, None, None
    )
    return attribute_plays(run, None, CountedPlays(days, nothing, 0), catalogue)


def reached(run: Run, found: PlayMilestones) -> dict[tuple[object, ...], datetime]:
    of_producers = run.store.read(found.play_milestones).rows()
    of_tracks = run.store.read(found.track_milestones).rows()
    return {tuple(key): at for *key, at in [*of_producers, *of_tracks]}


def at(day: int, hour: int) -> datetime:
    return datetime(2026, 9, day, hour)


def test_each_threshold_is_reached_at_the_time_of_one_play(run: Run) -> None:
    # 3 plays in all, 2 within a day, 2 of a track; from the third day on 2 producers earn.
    found = follow_plays(run, None, produced(run, [6], [7, 9], [5, 8]))
    assert reached(run, found) == {
        (1, "plays", 3): at(2, 9),  # 1 + 2
        (1, "day_plays", 2): at(2, 9),
        (2, "day_plays", 2): at(3, 8),
        (10, 2): at(2, 7),
    }
    assert run.store.read(found.play_totals).rows() == [(1, 5), (2, 2)]
    assert run.store.read(found.best_days).rows() == [(1, 2), (2, 2)]

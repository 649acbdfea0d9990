"""What follows from the dumps alone, and between which times it holds."""

from datetime import datetime

from pipelines.activity.catalogue import build_catalogue
from pipelines.run import Run
from tests.runs import dumps

SEPTEMBER, DECEMBER = datetime(2026, 9, 1), datetime(2026, 12, 1)
PRODUCERS = [{"producer_id": n, "status": "active"} for n in (1, 2)]
TRACKS = [
    {"track_id": 10, "producer_id": 1, "status": "published", "published_at": SEPTEMBER},
    {"track_id": 11, "producer_id": 1, "status": "published", "published_at": DECEMBER},
]
CREDITS = [{"track_id": 10, "producer_id": 2, "credited_at": datetime(2026, 10, 5)}]


def test_who_uploaded_and_worked_with_whom_before_as_of(run: Run) -> None:
    # As of 1 November: track 11 is not out yet.
    found = build_catalogue(run, dumps(run, producers=PRODUCERS, tracks=TRACKS, credits=CREDITS))
    read = run.store.read
    assert read(found.uploads)["track_id"].to_list() == [10]
    assert read(found.collaborations, ["producer_id", "collaborated_at"]).rows() == [
        (1, datetime(2026, 10, 5)),  # the later of publishing and the credit
        (2, datetime(2026, 10, 5)),
    ]
    assert read(found.partners, ["producer_id", "partner_id"]).rows() == [(1, 2), (2, 1)]


def test_it_holds_between_the_last_time_before_as_of_and_the_next(run: Run) -> None:
    found = build_catalogue(run, dumps(run, producers=PRODUCERS, tracks=TRACKS, credits=CREDITS))
    assert (found.last_before, found.next_from) == (datetime(2026, 10, 5), DECEMBER)
    nothing = build_catalogue(run, dumps(run))
    assert (nothing.last_before, nothing.next_from) == (None, None)

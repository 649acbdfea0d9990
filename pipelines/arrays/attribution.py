"""Who earns a play: the attribution as an index that answers for a whole day of plays at once.

Most tracks have one earner on every day, the uploader, whom a lookup by position finds without any
hash table. Tracks that are shared have a list of collaborators with their days beside it.
(Specification, section 2: play.)
"""

from datetime import date
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from pipelines.arrays.positions import Integers, Positions, members, ranges

FIRST_DAY: Final = date(1, 1, 1)
LAST_DAY: Final = date(9999, 12, 31)
EPOCH: Final = date(1970, 1, 1)


class EarnedPlays(NamedTuple):
    """Who earns some plays, as numbers for producers (0 = nobody).

    `uploaders` has an entry for each play; `shared` and `collaborators` one for each play and
    collaborator: the play's place among those asked about, and who. `unmatched` counts the plays
    of unknown tracks.
    """

    uploaders: npt.NDArray[np.int32]
    shared: Integers
    collaborators: npt.NDArray[np.int32]
    unmatched: int


class TracksOf(NamedTuple):
    """Tracks of some earners: those of earner n stand from place first[n] up to first[n + 1]."""

    tracks: Integers
    first: Integers

    def any_of(self, earners: Integers) -> Integers:
        """The tracks that any of these earners ever earns from; one may come several times."""
        start = self.first[earners]
        return self.tracks[ranges(start, self.first[earners + 1] - start)]


class AttributionIndex:
    """The table `attribution`, ready to be asked.

    `attribution`: track_id, producer_id, from_day, until_day, ascending by track; one row per known
    track that covers all days, with the uploader or null, and any number of rows of collaborators.
    """

    def __init__(self, attribution: pl.DataFrame) -> None:
        is_uploader = (pl.col("from_day") == FIRST_DAY) & (pl.col("until_day") == LAST_DAY)
        uploaders = attribution.filter(is_uploader)
        self._tracks = Positions(uploaders["track_id"].to_numpy())
        self._producers = Positions(
            attribution["producer_id"].drop_nulls().unique().sort().to_numpy()
        )
        self._uploaders = np.zeros(uploaders.height + 1, dtype=np.int32)
        self._uploaders[1:] = self.find(uploaders["producer_id"].fill_null(0).to_numpy())
        # The collaborators of track n stand from place _first[n] up to _first[n + 1].
        collaborators = attribution.filter(~is_uploader)
        tracks = self._tracks.find(collaborators["track_id"].to_numpy())
        counts = np.bincount(tracks, minlength=uploaders.height + 1)
        self._is_shared = counts > 0
        self._first = np.concatenate([[0], np.cumsum(counts)])
        self._collaborators = self.find(collaborators["producer_id"].to_numpy()).astype(np.int32)
        self._from = collaborators["from_day"].to_physical().to_numpy()
        self._until = collaborators["until_day"].to_physical().to_numpy()

    def tracks(self, track_ids: Integers) -> Integers:
        """The known tracks of these ids, as numbers (0 = unknown)."""
        return self._tracks.find(track_ids)

    def track_ids(self, tracks: Integers) -> Integers:
        """The ids of some known tracks."""
        return self._tracks.ids(tracks)

    def of(self, tracks: Integers, day: date) -> EarnedPlays:
        """Who earns each of a day's plays, of these tracks."""
        shared = np.flatnonzero(self._is_shared[tracks])
        first = self._first[tracks[shared]]
        counts = self._first[tracks[shared] + 1] - first
        place = ranges(first, counts)
        number = (day - EPOCH).days
        now = np.flatnonzero((self._from[place] <= number) & (number < self._until[place]))
        return EarnedPlays(
            self._uploaders[tracks],
            np.repeat(shared, counts)[now],
            self._collaborators[place[now]],
            len(tracks) - int(np.count_nonzero(tracks)),
        )

    def tracks_of(self, earners: Integers) -> "TracksOf":
        """The tracks that each of some earners, none of them 0, ever earns from."""
        is_theirs = members(earners, self.count)
        uploaded = np.flatnonzero(is_theirs[self._uploaders])
        shared = np.flatnonzero(is_theirs[self._collaborators])
        tracks = np.concatenate([uploaded, np.searchsorted(self._first, shared, side="right") - 1])
        who = np.concatenate([self._uploaders[uploaded], self._collaborators[shared]])
        counts = np.bincount(who, minlength=self.count + 1)
        order = np.argsort(who, kind="stable")
        return TracksOf(tracks[order], np.concatenate([[0], np.cumsum(counts)]))

    def are_of(self, track_ids: Integers, tracks: Integers) -> npt.NDArray[np.bool_]:
        """Whether each id is that of one of some known tracks."""
        return self._tracks.among(track_ids, tracks)

    def best_tracks(self, track_ids: Integers, plays: Integers) -> pl.DataFrame:
        """The most plays of any track of each uploader: producer_id, plays."""
        best = np.zeros(self.count + 1, dtype=np.int64)
        np.maximum.at(best, self._uploaders[self._tracks.find(track_ids)], plays)
        found = np.flatnonzero(best[1:]) + 1
        return pl.DataFrame({"producer_id": self.ids(found), "plays": best[found]})

    def find(self, producer_ids: Integers) -> Integers:
        """The earners that some producers are (0 = they earn from no track)."""
        return self._producers.find(producer_ids)

    def ids(self, earners: Integers) -> Integers:
        """The producer ids of some earners, none of them 0."""
        return self._producers.ids(earners)

    @property
    def track_count(self) -> int:
        """How many tracks are known: the greatest of their numbers."""
        return self._tracks.count

    @property
    def count(self) -> int:
        """How many producers earn from any track: the greatest earner."""
        return self._producers.count

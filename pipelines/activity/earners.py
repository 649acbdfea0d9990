"""Who earns a play: the attribution as an index that answers for a whole day of plays at once.

Most tracks have one earner on every day, the uploader, whom a lookup by position finds without any
hash table. Tracks that are shared have a list of collaborators with their days beside it.
Positions count from 1, so that 0 can stand for what is unknown: columns without nulls are the fast
ones. (Specification, section 2: play.)
"""

from datetime import date

import polars as pl

#: A table of positions may have so many places for each id, before searching takes its place.
PLACES_PER_ID = 8
FIRST_DAY = date(1, 1, 1)
LAST_DAY = date(9999, 12, 31)


class Positions:
    """Where ids stand in an ascending series of distinct ids: 1 = first, 0 = not in it."""

    def __init__(self, ids: pl.Series) -> None:
        self._ids = ids
        self._least = int(ids[0]) if len(ids) else 0
        self._places: pl.Series | None = None
        span = int(ids[-1]) - self._least + 1 if len(ids) else 0
        if span <= PLACES_PER_ID * len(ids):
            self._places = _table(span, ids - self._least, _numbers(len(ids)))

    def find(self, wanted: pl.Series) -> pl.Series:
        """The position of each id, as UInt32."""
        if not len(self._ids) or not len(wanted):
            return _zeros(len(wanted))
        if self._places is None:
            found = self._ids.search_sorted(wanted).clip(upper_bound=len(self._ids) - 1)
            same = self._ids.gather(found) == wanted
            return ((found + 1) * same).cast(pl.UInt32)
        place = wanted - self._least
        inside = place.is_between(0, len(self._places) - 1)
        if inside.all():
            return self._places.gather(place)
        return self._places.gather(place * inside) * inside

    def ids(self, positions: pl.Series) -> pl.Series:
        """The ids at some positions, none of them 0."""
        return self._ids.gather(positions - 1)


class Earners:
    """The table `attribution`, ready to be asked.

    `attribution`: track_id, producer_id, from_day, until_day; one row per known track that covers
    all days, with the uploader or null, and any number of rows of collaborators.
    """

    def __init__(self, attribution: pl.DataFrame) -> None:
        is_uploader = (pl.col("from_day") == FIRST_DAY) & (pl.col("until_day") == LAST_DAY)
        uploaders = attribution.filter(is_uploader).sort("track_id")
        tracks = uploaders.height + 1
        self._tracks = Positions(uploaders["track_id"])
        self._producers = Positions(attribution["producer_id"].drop_nulls().unique().sort())
        collaborators = attribution.filter(~is_uploader)
        shared = (
            collaborators.with_columns(
                self._producers.find(collaborators["producer_id"]).alias("earner")
            )
            .group_by("track_id")
            .agg("earner", "from_day", "until_day")
        )
        self._uploaders = _table(
            tracks, _numbers(tracks - 1), self._producers.find(uploaders["producer_id"].fill_null(0))
        )
        self._shared_at = _table(
            tracks, self._tracks.find(shared["track_id"]), _numbers(shared.height)
        )
        self._shared = shared.drop("track_id")

    def of(self, track_ids: pl.Series, day: date) -> tuple[pl.DataFrame, int]:
        """Who earns each of a day's plays, and how many plays are of unknown tracks.

        Columns `play` (the position in `track_ids`, from 0) and `earner` (0 = nobody, see `ids`):
        one row for each play and uploader, and one for each play and collaborator.
        """
        tracks = self._tracks.find(track_ids)
        plays = pl.int_range(len(track_ids), dtype=pl.UInt32, eager=True)
        uploaders = pl.DataFrame({"play": plays, "earner": self._uploaders.gather(tracks)})
        shared_at = self._shared_at.gather(tracks)
        is_shared = shared_at > 0
        collaborators = (
            self._shared[shared_at.filter(is_shared) - 1]
            .with_columns(plays.filter(is_shared).alias("play"))
            .explode("earner", "from_day", "until_day")
            .filter((pl.col("from_day") <= day) & (pl.col("until_day") > day))
            .select("play", "earner")
        )
        return uploaders.vstack(collaborators), int((tracks == 0).sum())

    def find(self, producer_ids: pl.Series) -> pl.Series:
        """The earners that some producers are (0 = they earn from no track)."""
        return self._producers.find(producer_ids)

    def ids(self, earners: pl.Series) -> pl.Series:
        """The producer ids of some earners, none of them 0."""
        return self._producers.ids(earners)


def runs(numbers: pl.Series) -> pl.DataFrame:
    """How often each number stands in a series: `value` and `plays`, ascending by value.

    Sorting numbers and counting runs takes half the time of a hash table.
    """
    found = numbers.sort().rle().struct.unnest()
    return found.select("value", pl.col("len").cast(pl.Int64).alias("plays"))


def _numbers(count: int) -> pl.Series:
    return pl.int_range(1, count + 1, dtype=pl.UInt32, eager=True)


def _zeros(count: int) -> pl.Series:
    return pl.Series([0], dtype=pl.UInt32).new_from_index(0, count)


def _table(size: int, places: pl.Series, values: pl.Series) -> pl.Series:
    """Zeros, and a value at each of some places."""
    return _zeros(size).scatter(places, values) if len(places) else _zeros(size)

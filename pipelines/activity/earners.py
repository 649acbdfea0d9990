"""Who earns a play: the attribution as an index that answers for a whole day of plays at once.

Most tracks have one earner on every day, the uploader, whom a lookup by position finds without any
hash table. Tracks that are shared have a list of collaborators with their days beside it.
(Specification, section 2: play.)
"""

from datetime import date

import polars as pl

from pipelines.activity.positions import Positions, numbers, table

FIRST_DAY = date(1, 1, 1)
LAST_DAY = date(9999, 12, 31)


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
        self._uploaders = table(
            tracks, numbers(tracks - 1), self._producers.find(uploaders["producer_id"].fill_null(0))
        )
        self._shared_at = table(
            tracks, self._tracks.find(shared["track_id"]), numbers(shared.height)
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

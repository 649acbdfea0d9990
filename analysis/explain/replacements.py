"""What replaced an export row, and whether that counts for the producer.

(Specification, section 1: the later row wins.) A row that was corrected may still count, in its
later form, or be somebody else's now: who asks where it went wants to know which.
"""

from collections.abc import Sequence
from typing import Final

import polars as pl

from analysis.explain.evidence import Evidence
from analysis.explain.verdicts import ANOTHER, COUNTED, REPLACED
from analysis.export_rows import last_of_each
from pipelines.published.text_ids import told
from pipelines.tables import COUNT, TEXT

#: What a table of judged rows says of those that were replaced: by which row, and what became of
#: that one for the producer, a verdict or ANOTHER.
REPLACEMENT: Final = {"replacement": TEXT, "replaced_by_file": TEXT, "replaced_by_row": COUNT}
#: What a table of judged rows says of each besides its own values.
JUDGED: Final = {"file": TEXT, "row": COUNT, "verdict": TEXT, "detail": TEXT, **REPLACEMENT}
#: Later rows that name another producer or track: where they stand, what they are, in words.
ELSEWHERE: Final = pl.Schema({"place": COUNT, "row": COUNT, "replacement": TEXT, "said": TEXT})


def with_later(rows: pl.DataFrame, key: Sequence[str]) -> pl.DataFrame:
    """Add what replaced each row, with its producer: replaced_by_place, _row, _file, _producer.

    `rows` hold all rows of each identity among them; null for a row that is valid.
    """
    later = last_of_each(rows, key).select(
        *key,
        pl.col("place").alias("replaced_by_place"),
        pl.col("row").alias("replaced_by_row"),
        pl.col("file").alias("replaced_by_file"),
        pl.col("producer_id").alias("replaced_by_producer"),
    )
    is_valid = (pl.col("place") == pl.col("replaced_by_place")) & (
        pl.col("row") == pl.col("replaced_by_row")
    )
    return rows.join(later, on=list(key), maintain_order="left").with_columns(
        pl.when(~is_valid).then(pl.col(f"replaced_by_{of}")).alias(f"replaced_by_{of}")
        for of in ("place", "row", "file", "producer")
    )


def of_other_producers(evidence: Evidence, rows: pl.DataFrame) -> pl.DataFrame:
    """The later rows that name another producer, of rows as `with_later` gives them: ELSEWHERE."""
    others = evidence.with_texts(
        rows.filter(pl.col("replaced_by_producer") != evidence.producer_id)
    )
    return others.select(
        pl.col("replaced_by_place").alias("place"),
        pl.col("replaced_by_row").alias("row"),
        pl.lit(ANOTHER).alias("replacement"),
        pl.format(", of producer {}", told(others, "replaced_by_producer")).alias("said"),
    )


def tell_replaced(
    judged: pl.DataFrame, entity: str, elsewhere: pl.DataFrame | None = None
) -> pl.DataFrame:
    """Say of each replaced row what replaced it: `replacement`, and `detail` in words.

    `judged` has place, row, verdict, detail, replaced_by_place, replaced_by_row and
    replaced_by_file; what replaced a row is among them, or in `elsewhere` (see ELSEWHERE).
    """
    here = judged.filter(pl.col("verdict") != REPLACED).select(
        "place",
        "row",
        pl.col("verdict").alias("replacement"),
        pl.when(pl.col("verdict") == COUNTED)
        .then(pl.lit(", which counts"))
        .otherwise(pl.format(", which does not count: {}", "detail"))
        .alias("said"),
    )
    nowhere = pl.DataFrame(schema=ELSEWHERE)
    later = pl.concat([here.cast(ELSEWHERE), nowhere if elsewhere is None else elsewhere])
    return (
        judged.join(
            later.unique(["place", "row"], keep="last").rename(
                {"place": "replaced_by_place", "row": "replaced_by_row"}
            ),
            on=["replaced_by_place", "replaced_by_row"],
            how="left",
            maintain_order="left",
        )
        .with_columns(
            pl.when(pl.col("verdict") == REPLACED)
            .then(
                pl.format(
                    "replaced by {}/{} row {}{}",
                    pl.lit(entity),
                    "replaced_by_file",
                    "replaced_by_row",
                    "said",
                )
            )
            .otherwise("detail")
            .alias("detail")
        )
        .drop("said")
    )

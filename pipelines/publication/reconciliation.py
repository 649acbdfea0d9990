"""What must add up before anything is published, whoever asks for it.

Each function returns sentences that say what does not add up; empty if all does.
"""

from collections import Counter

import polars as pl

from pipelines.ledger.ledger import Ledger
from pipelines.progress.progress import Progress
from pipelines.publication.inputs import Inputs
from pipelines.store.store import Store
from pipelines.vocabulary import SOURCES, plural


def check_rows(store: Store, inputs: Inputs) -> list[str]:
    """Per entity, rows read = accepted + duplicates + rejected (specification, section 1)."""
    balance = store.read(inputs.tables()["inputs"])
    told = pl.col("accepted") + pl.col("duplicates") + pl.col("rejected")
    wrong = balance.filter((pl.col("rows_read") != told) | (pl.col("accepted") < 0))
    return [
        f"Rows of {row['entity']} do not add up: {row['rows_read']:,} read, but "
        f"{row['accepted']:,} accepted, {row['duplicates']:,} duplicates and "
        f"{row['rejected']:,} rejected."
        for row in wrong.iter_rows(named=True)
    ]


def check_totals(store: Store, ledger: Ledger, progress: Progress) -> list[str]:
    """Producers' points are those of the ledger, source by source (specification, section 3).

    What is only a part of the ledger cannot show it.
    """
    booked: Counter[str] = Counter()
    for day in ledger.days.values():
        booked.update(day.xp)
    shown = store.read(progress.tables()["progress"])
    complaints = []
    for source in SOURCES if ledger.since is None else ():
        points = shown[f"{source}_xp"].sum()
        if points != booked[source]:
            complaints.append(
                f"Progress shows {points:,} XP from {source} in all, the ledger has "
                f"{booked[source]:,}."
            )
    of_sources = pl.sum_horizontal(f"{source}_xp" for source in SOURCES).clip(lower_bound=0)
    wrong = shown.filter(pl.col("total_xp") != of_sources)
    if not wrong.is_empty():
        complaints.append(
            f"total_xp is not the sum of its sources for {plural(wrong.height, 'producer')}, first "
            f"for producer {wrong['producer_id'][0]}."
        )
    return complaints

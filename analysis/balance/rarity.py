"""Whether as few producers have an achievement as the rarity says that the rulebook gives it.

Numbers of producers are compared, not distances: what is rare in one marketplace is common in
another, but in each of them fewer should have an epic achievement than a common one.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from typing import Literal

Mark = Literal["commoner", "rarer"]
#: An achievement's rarity (a greater number is rarer), and the producers who have it.
Labelled = tuple[int, int]


def misplaced(achievements: Sequence[Labelled]) -> list[Mark | None]:
    """How each achievement stands to its rarity: "commoner", "rarer", or None if it fits.

    "commoner": more producers have it than most (more than half) of those achievements of a
    commoner rarity that anybody has. What nobody has yet says nothing about how common its rarity
    is, so where most are locked for everybody, the first unlock is not called common.
    "rarer": fewer have it than most achievements of a rarer rarity.

    An odd one stands against many others, each of these against it alone. So what is out of order
    with the most others is marked first (all of those with as many), and the rest is looked at
    without it, until nothing is out of order.
    """
    marks: list[Mark | None] = [None] * len(achievements)
    left = set(range(len(achievements)))
    while True:
        by_rarity: dict[int, list[int]] = {}
        for place in left:
            rarity, holders = achievements[place]
            by_rarity.setdefault(rarity, []).append(holders)
        for counts in by_rarity.values():
            counts.sort()
        found = {place: _standing(achievements[place], by_rarity) for place in left}
        most = max((others for others, _ in found.values()), default=0)
        if not most:
            return marks
        for place, (others, mark) in found.items():
            if others == most:
                marks[place] = mark
                left.remove(place)


def _standing(one: Labelled, by_rarity: dict[int, list[int]]) -> tuple[int, Mark]:
    """With how many others an achievement is out of order, and on which side with the more."""
    rarity, holders = one
    commoner = rarer = 0
    for other, counts in by_rarity.items():
        if other < rarity:
            fewer = bisect_left(counts, holders)
            nobody = bisect_right(counts, 0)
            if 2 * (fewer - nobody) > len(counts) - nobody:
                commoner += fewer
        elif other > rarity:
            more = len(counts) - bisect_right(counts, holders)
            if 2 * more > len(counts):
                rarer += more
    return (commoner, "commoner") if commoner >= rarer else (rarer, "rarer")

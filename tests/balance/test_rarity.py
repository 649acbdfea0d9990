"""Which achievements the report calls common or rare for their rarity: what a reader would, too."""

import re
from pathlib import Path

import pytest

from analysis.balance.rarity import Mark, misplaced

RARITIES = ("common", "uncommon", "rare", "epic", "legendary")


def marks(**holders: list[int]) -> dict[str, list[Mark | None]]:
    """The marks of achievements by rarity, from how many producers have each."""
    labelled = [(RARITIES.index(name), n) for name, of in holders.items() for n in of]
    found = iter(misplaced(labelled))
    told = {name: [next(found) for _ in of] for name, of in holders.items()}
    return {name: of for name, of in told.items() if any(of)}


def test_what_falls_from_rarity_to_rarity_is_in_place() -> None:
    assert marks(common=[90, 60], uncommon=[50, 20], rare=[9, 4], epic=[2], legendary=[1]) == {}


def test_where_most_are_locked_for_all_the_first_unlock_is_not_common() -> None:
    """The medians of rare and epic are 0, and everything above 0 was called common."""
    assert marks(common=[90], rare=[20, 6, 0, 0, 0], epic=[1, 0, 0, 0], legendary=[1, 0, 0]) == {}


def test_among_many_that_nobody_has_odd_ones_are_found() -> None:
    """Half of the rare and of the epic ones are locked for all: medians of 0 told nothing."""
    found = marks(common=[90, 80, 70, 1], uncommon=[30, 20], rare=[9, 8, 0, 0, 0], epic=[40, 0])
    assert found == {"common": [None, None, None, "rarer"], "epic": ["commoner", None]}


def test_a_common_one_that_nobody_has_is_rare_if_most_of_a_rarer_rarity_are_unlocked() -> None:
    assert marks(common=[90, 80, 0], uncommon=[30, 20]) == {"common": [None, None, "rarer"]}
    assert marks(common=[90, 80, 0], uncommon=[30, 0]) == {}


@pytest.mark.parametrize("share", [0, 7])
def test_nothing_is_out_of_order_where_all_are_the_same(share: int) -> None:
    assert marks(common=[share] * 3, rare=[share], epic=[share] * 2, legendary=[share]) == {}
    assert marks() == {}
    assert marks(rare=[share, 1, 100]) == {}


def test_one_of_each_rarity() -> None:
    assert marks(common=[9], uncommon=[8], rare=[3], epic=[1], legendary=[0]) == {}
    # Two that changed places: neither of them is more in the wrong.
    assert marks(common=[3], rare=[9]) == {"common": ["rarer"], "rare": ["commoner"]}
    assert marks(common=[9], uncommon=[8], rare=[3], epic=[1], legendary=[7]) == {
        "legendary": ["commoner"]
    }


def test_a_legendary_one_that_more_have_than_a_common_one() -> None:
    # As few as the odd common one: it is that one which is rare.
    assert marks(common=[90, 80, 1], rare=[20, 10, 9], legendary=[2, 0]) == {
        "common": [None, None, "rarer"]
    }
    # More than most common ones: it is the odd one itself.
    assert marks(common=[90, 80, 1], uncommon=[70, 60], legendary=[85, 0]) == {
        "common": [None, None, "rarer"],
        "legendary": ["commoner", None],
    }


def test_an_odd_one_alone_in_its_rarity_does_not_mark_its_neighbours() -> None:
    """All epic ones were called rare beside a single legendary one that everybody has."""
    assert marks(common=[90, 80], epic=[9, 8, 7, 0], legendary=[100]) == {"legendary": ["commoner"]}
    assert marks(common=[1], uncommon=[50, 40, 30], rare=[9, 8]) == {"common": ["rarer"]}


def test_one_producer() -> None:
    assert marks(common=[1, 1, 0], uncommon=[1, 0, 0], rare=[1], epic=[0]) == {
        "common": [None, None, "rarer"],
        "uncommon": [None, "rarer", "rarer"],
    }


def test_the_examples_of_the_document() -> None:
    text = Path("docs/analysis/balance.md").read_text()
    rows = re.findall(r"^\| ((?:common|rare) \d.*?) \| (.*?) \|$", text, re.MULTILINE)
    assert len(rows) == 4
    for row, said in rows:
        holders = {
            name: [int(n) for n in of.split(", ")]
            for name, of in re.findall(r"(\w+) (\d+(?:, \d+)*)", row)
        }
        found = marks(**holders)
        words = [mark for of in found.values() for mark in of if mark]
        meant = {"common": ["commoner"], "rare": ["rarer"]}
        assert words == meant.get(said.rpartition(": ")[2], [])

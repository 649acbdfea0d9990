"""The list of whose data was erased: what it knows, and what can be told from it."""

from pathlib import Path

import polars as pl
import pytest

from pipelines.exports.erased import Erased, read_erased, write_erased
from pipelines.exports.text_ids import id_of

LIST = Erased("00" * 32, [], []).grown([7], [42, id_of("cafe-1")])


def test_ids_are_known_by_what_they_are_ids_of() -> None:
    ids = pl.Series([7, None, 42, 8], dtype=pl.Int64)
    assert LIST.where("producer", ids).to_list() == [True, False, False, False]
    assert LIST.where("listener", ids).to_list() == [False, False, True, False]
    assert Erased("00" * 32, [], []).where("producer", ids).to_list() == [False] * 4


def test_it_grows_and_has_another_key_then() -> None:
    assert LIST.grown([7], []) == LIST
    assert LIST.grown([8], []).key != LIST.key
    assert {*LIST.producers} < {*LIST.grown([8], []).producers}


def test_another_salt_gives_other_hashes(tmp_path: Path) -> None:
    other = Erased("01" * 32, [], []).grown([7], [42])
    assert not {*LIST.producers} & {*other.producers}
    assert read_erased(tmp_path) is None
    write_erased(tmp_path, LIST)
    assert read_erased(tmp_path) == LIST


@pytest.mark.parametrize(
    ("text", "is_named"),
    [
        ("7,Nova", True),
        ('{"producer_id":7', True),
        ('{"listener_id": "42", "x', True),
        ("a;cafe-1;b", True),
        ("user=cafe-1", True),
        ("id:cafe-1. ", True),
        ("17,70,2026-07-07", False),
        ("cafe-12", False),
        ("7.5", False),
        ("7.0|x", True),
    ],
)
def test_words_of_any_text_are_looked_up(text: str, is_named: bool) -> None:
    assert LIST.is_named_in(text) is is_named

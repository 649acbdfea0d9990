"""A few faults of each kind; `make faults` does many more."""

import re
from pathlib import Path

import pytest

from pipelines.publication.manifest import current
from pipelines.store import checksums
from tests.faults import damage
from tests.faults.day import live
from tests.faults.files import KINDS as KINDS_OF_FILES
from tests.faults.files import of_kind
from tests.faults.market import Market, make_market
from tests.faults.suite import KINDS, Kind, perform
from tests.faults.watching import faults_of_published


@pytest.fixture(scope="module")
def market(tmp_path_factory: pytest.TempPathFactory) -> Market:
    return make_market(tmp_path_factory.mktemp("faults") / "market")


@pytest.mark.parametrize("kind", [k for k in KINDS if k.quick], ids=lambda kind: kind.name)
def test_what_is_promised_of_a_fault_is_so(market: Market, kind: Kind) -> None:
    for seed, tried in perform(kind, market, range(kind.quick)):
        assert not tried.wrong, f"python -m tests.faults {kind.name} --seed {seed}: {tried}"


def test_a_reader_that_verifies_nothing_is_told_wrong_numbers(
    market: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checksums, "_IN_NAME", re.compile("(no name is like this)"))
    published = sorted(KINDS_OF_FILES).index("published")
    seeds = range(published, published + 12 * len(KINDS_OF_FILES), len(KINDS_OF_FILES))
    assert any(damage.attempt(market, seed).wrong for seed in seeds)


def test_the_reader_beside_finds_what_is_wrong(market: Market) -> None:
    with market.copied("read") as root:
        content = current(root).snapshot.content_sha256
        assert list(faults_of_published(root, [content])) == []
        assert list(faults_of_published(root, ["another"])) == [f"{content} is published"]
        current(root).paths(root, "progress")[0].unlink()
        [said] = faults_of_published(root, [content])
        assert said.partition(". ")[0].endswith("is gone")


def test_there_is_a_file_of_each_kind_that_needs_no_fault(market: Market) -> None:
    made_by_a_try = {"held back", "failure", "alerts"}
    root = market.project.folder / "whole"
    assert {kind for kind in KINDS_OF_FILES if not of_kind(root, kind)} == made_by_a_try


def test_a_long_life_ends_with_what_there_is_from_nothing(tmp_path: Path) -> None:
    life = live(tmp_path / "life", refreshes=6, seed=1)
    assert life.wrong == []


def test_each_kind_is_in_the_documents() -> None:
    text = Path("docs/reliability.md").read_text()
    for kind in KINDS:
        row = re.search(rf"^\| `{kind.name}` \| (.*?) \| [\d,]+ \| (.*?) \| .* \|$", text, re.M)
        assert row is not None, kind.name
        assert (row[1], row[2]) == (kind.fault, kind.promise)

"""Every example in the documents prints what the document says."""

import re
from collections import Counter
from pathlib import Path

import pytest

from tests.documented import DOCUMENTS, PROJECT, make_marketplace, outputs, run


@pytest.fixture(scope="module")
def marketplace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("documented")
    make_marketplace(folder)
    return folder


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(PROJECT)))
def test_the_examples_of_a_document_print_what_it_says(
    document: Path, marketplace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = document.read_text()
    monkeypatch.chdir(marketplace)
    for command, printed in outputs(text):
        said = run(command)
        assert said.rstrip("\n") == printed.rstrip("\n"), f"$ {command}"


def numbers(text: str) -> Counter[str]:
    """The numbers, dates, hashes and ids of a text, which stay in one piece; paths need not."""
    return Counter(
        word.strip("().,;:")
        for word in text.split()
        if re.search("[0-9]", word) and "/" not in word
    )


@pytest.mark.parametrize("width", ["40", "80"])
def test_no_number_is_left_out_where_the_terminal_is_narrow(
    marketplace: Path, monkeypatch: pytest.MonkeyPatch, width: str
) -> None:
    monkeypatch.chdir(marketplace)
    for command in (
        "show 7",
        "leaderboard plays --top 3",
        "snapshots",
        "rejects",
        "rules show",
        "explain 7",
        "explain 7 --achievement plays-500",
        "diff 20261101T000500000000-f434d6ad",
        "diff 20261101T000500000000-f434d6ad --producer 1",
    ):
        wide, narrow = (numbers(run(f"beatxp {command}", columns)) for columns in ("200", width))
        assert wide - narrow == Counter(), command

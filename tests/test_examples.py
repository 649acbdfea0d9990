"""Every example in the documents prints what the document says."""

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

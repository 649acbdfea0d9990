from pathlib import Path

import pytest

from tests.analysis.kept import publish_three


@pytest.fixture(scope="package")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    # A path that has to be quoted.
    folder = tmp_path_factory.mktemp("kept") / "Ada's project"
    folder.mkdir()
    return publish_three(folder)

"""docs/extending.md, performed: a column and a table are each declared in one place."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

from tests.worlds import World

ROOT = Path(__file__).parents[2]
PACKAGES = ("pipelines", "assets", "analysis", "dashboard", "cli", "sql")
SHOWN = """
import json
from assets.metadata import column_schema
from assets.steps import step_assets
from pipelines.tables import PUBLISHED
from pipelines.tables.document import document
assets = [key.to_user_string() for made in step_assets() for key in made.keys]
print(json.dumps({
    "assets": assets,
    "columns": [column.name for column in column_schema(PUBLISHED["progress"]).columns],
    "document": document(),
}))
"""


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the program, with the edits that the document shows."""
    tree = tmp_path_factory.mktemp("extended")
    for package in PACKAGES:
        shutil.copytree(ROOT / package, tree / package, ignore=shutil.ignore_patterns("*.pyc"))
    text = (ROOT / "docs/extending.md").read_text()
    column, value, table, frame = re.findall(r"```python\n(.*?)\n```", text, re.DOTALL)
    published = tree / "pipelines/tables/published.py"
    insert(published, r"^            LISTED,\n", f"{column},")
    insert(published, r"_CONTENT: Final = \(\n", f"{table},")
    insert(
        tree / "pipelines/progress/summary.py", r"    return rows\.with_columns\(\n", f"{value},"
    )
    frames = r'        "levels": levels\(run\.rulebook\),\n    }\n'
    insert(tree / "pipelines/progress/progress.py", frames, f"    {frame}")
    return tree


def insert(file: Path, after: str, lines: str) -> None:
    """Insert lines behind the only place that a pattern matches."""
    text = file.read_text()
    (place,) = re.finditer(after, text, re.MULTILINE)
    file.write_text(f"{text[: place.end()]}{lines}\n{text[place.end() :]}")


def run(tree: Path, *command: str) -> str:
    done = subprocess.run(
        [sys.executable, *command], cwd=tree, capture_output=True, text=True, check=True
    )
    return done.stdout


def test_they_are_published(tree: Path) -> None:
    step = World(5).steps[0]
    step.install(tree / "exports")
    (tree / "rulebook.toml").write_text(step.rulebook_toml)
    (tree / "dagster_project.toml").write_text(
        '[project]\nexports = "exports"\nstore = "store"\nrulebook = "rulebook.toml"\n'
    )
    as_of = step.as_of.isoformat()
    command = ("-m", "cli", "refresh", "--ignore-guards", "--json", "--as-of", as_of)
    tables = json.loads(run(tree, *command).splitlines()[-1])["tables"]
    progress = pl.read_parquet(tables["progress"], hive_partitioning=False)
    per_upload = pl.col("upload_xp") // pl.col("uploads").clip(1)
    assert progress.height
    assert progress["xp_per_upload"].equals(progress.select(per_upload).to_series())
    counts = pl.read_parquet(tables["level_counts"], hive_partitioning=False)
    assert dict(counts.iter_rows()) == dict(progress.group_by("level").len().iter_rows())


def test_everything_else_follows(tree: Path) -> None:
    shown = json.loads(run(tree, "-c", SHOWN))
    assert "level_counts" in shown["assets"]
    assert shown["columns"][-1] == "xp_per_upload"
    assert (
        "| `xp_per_upload` | int64 | XP from uploads, per upload; 0 without one. |"
        in (shown["document"])
    )
    assert "## level_counts" in shown["document"]

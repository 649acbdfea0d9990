"""The documents mention what there is."""

from pathlib import Path

from pipelines.settings import Settings
from tests import tables_document


def test_every_setting_is_documented() -> None:
    text = Path("docs/operations.md").read_text() + Path("dagster_project.toml").read_text()
    for section, field in Settings.model_fields.items():
        assert f"[{section}]" in text
        for key in field.annotation.model_fields:  # type: ignore[union-attr]
            assert f"`{key}`" in text or f"\n{key} = " in text, f"{section}.{key}"


def test_every_published_table_and_column_is_documented() -> None:
    assert tables_document.DOCUMENT.read_text() == tables_document.text()

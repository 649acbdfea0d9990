"""The documents mention what there is."""

import importlib
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from typer.main import get_command

import analysis
import backup
import cli
import dashboard
import monitoring
import pipelines
from cli.app import BAD_ARGUMENTS
from cli.commands import app
from pipelines.failures import Failure
from pipelines.settings import Dialect, Settings
from pipelines.settings.environment import variable_of
from pipelines.settings.section import settings_of
from pipelines.tables.document import document


def test_every_setting_is_documented() -> None:
    text = Path("docs/operations.md").read_text() + Path("dagster_project.toml").read_text()
    tables = Path("docs/exports.md").read_text()
    for key in Dialect.model_fields:
        assert f"\n| `{key}` |" in tables, key
        assert f"`{key}`" in text, key
    for section, field in Settings.model_fields.items():
        if section == "exports":
            assert "[exports.<entity>]" in text
            continue
        assert f"[{section}]" in text
        for key in field.annotation.model_fields:  # type: ignore[union-attr]
            assert f"`{key}`" in text or f"\n{key} = " in text, f"{section}.{key}"


def test_the_variables_in_the_documents_are_settings() -> None:
    text = Path("docs/operations.md").read_text()
    named = {*re.findall("BEATXP_[A-Z]+__[A-Z_]+", text)}
    assert len(named) > 5
    assert named <= {variable_of(key) for key in settings_of(Settings)}


def test_every_published_table_and_column_is_documented() -> None:
    assert Path("docs/tables.md").read_text() == document()


def commands(command: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every command and group of commands, by the words that call it."""
    yield path, command
    for name, inner in getattr(command, "commands", {}).items():
        yield from commands(inner, (*path, name))


def test_the_help_of_every_command_names_its_place_in_the_documents() -> None:
    for path, command in commands(get_command(app)):
        place = re.fullmatch(r"More: ((?:docs/.*|README)\.md)(?:#(.*))?", command.epilog or "")
        assert place is not None, path
        text = Path(place[1]).read_text()
        anchors = [
            re.sub(r"[^\w -]", "", title).lower().replace(" ", "-")
            for title in re.findall("^#+ (.*)$", text, re.MULTILINE)
        ]
        assert place[2] is None or place[2] in anchors, path


def test_every_code_of_a_failure_is_documented() -> None:
    def kinds(kind: type[Failure]) -> Iterator[type[Failure]]:
        for inner in kind.__subclasses__():
            yield inner
            yield from kinds(inner)

    for package in (pipelines, analysis, backup, monitoring, dashboard, cli):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not module.name.endswith("__main__"):
                importlib.import_module(module.name)
    text = Path("docs/operations.md").read_text()
    documented = {
        (code, int(status)) for code, status in re.findall(r"^\| `(\w+)` \| ([12]) \|", text, re.M)
    }
    defined = {(kind.code, kind.status) for kind in kinds(Failure) if hasattr(kind, "code")}
    assert documented == {*defined, (BAD_ARGUMENTS, 2)}

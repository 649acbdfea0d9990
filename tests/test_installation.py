"""The built wheel, installed where the repository is not: everything runs from any folder."""

import os
import subprocess
import sys
import sysconfig
import urllib.request
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.dashboard.browser import served

ROOT = Path(__file__).parents[1]
UV = Path(sysconfig.get_path("scripts")) / "uv"
SMALL = ("--producers", "20", "--plays", "500")
#: What would let the repository in.
CLEAN = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}


@dataclass(frozen=True)
class Installed:
    """An environment with the package, and a folder in which it is used."""

    environment: Path
    folder: Path

    def run(self, name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        command: list[str | Path] = [self.environment / "bin" / name, *arguments]
        return subprocess.run(command, cwd=self.folder, env=CLEAN, capture_output=True, text=True)


def run(*command: str | Path) -> None:
    done = subprocess.run(command, cwd=ROOT, env=CLEAN, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder)
    return next(folder.glob("*.whl"))


def install(wheel: Path, folder: Path) -> Path:
    """A new environment with the wheel, which finds all that it depends on in this one.

    Python reads no .pth files of a folder that a .pth file names, so the editable installation that
    may be in it is not found.
    """
    environment = folder / "environment"
    run(UV, "venv", "--quiet", "--offline", "--python", sys.executable, environment)
    python = environment / "bin/python"
    run(UV, "pip", "install", "--quiet", "--offline", "--no-deps", "--python", python, wheel)
    (packages,) = environment.glob("lib/python*/site-packages")
    (packages / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return environment


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """The package in an empty folder, in which the demo was asked for."""
    environment = install(wheel, tmp_path_factory.mktemp("installed"))
    installed = Installed(environment, tmp_path_factory.mktemp("anywhere"))
    imported = installed.run("python", "-c", "import pipelines; print(pipelines.__file__)")
    assert Path(imported.stdout).is_relative_to(environment), imported.stderr

    missing = installed.run("beatxp", "refresh")
    assert missing.returncode == 2
    assert "dagster_project.toml: `beatxp demo`" in " ".join(missing.stderr.split())
    assert list(installed.folder.iterdir()) == []

    demo = installed.run("beatxp", "demo", *SMALL)
    assert demo.returncode == 0, demo.stderr
    begun = "rules/beatpass.toml, .dagster/dagster.yaml and dagster_project.toml"
    assert f"Wrote {begun}, for you to change" in demo.stdout
    return installed


def test_the_demo_begins_a_project_like_the_repositorys(installed: Installed) -> None:
    assert {path.name for path in installed.folder.iterdir()} == {
        ".dagster",
        "dagster_project.toml",
        "demo",
        "rules",
    }
    for name in ("dagster_project.toml", "rules/beatpass.toml", ".dagster/dagster.yaml"):
        assert (installed.folder / name).read_bytes() == (ROOT / name).read_bytes()


def test_the_project_is_refreshed_and_served(installed: Installed) -> None:
    again = installed.run("beatxp", "refresh")
    assert again.returncode == 0, again.stderr
    config = Path("dagster_project.toml")
    beatxp = installed.environment / "bin/beatxp"
    with (
        served(config, beatxp=(beatxp,), folder=installed.folder) as address,
        urllib.request.urlopen(f"{address}/leaderboards/plays/month") as page,
    ):
        assert b"Leaderboards" in page.read()


def test_dagster_loads_the_project(installed: Installed) -> None:
    code = (
        "from assets.definitions import defs; "
        "print(*defs().resolve_all_asset_keys(), defs().resolve_schedule_def('hourly_refresh'))"
    )
    loaded = installed.run("python", "-c", code)
    assert loaded.returncode == 0, loaded.stderr
    assert "leaderboard" in loaded.stdout


def test_a_missing_file_of_the_program_is_named(
    wheel: Path, installed: Installed, tmp_path: Path
) -> None:
    removed = "sql/exports/profile_history.sql"
    incomplete = tmp_path / wheel.name
    with zipfile.ZipFile(wheel) as whole, zipfile.ZipFile(incomplete, "w") as rest:
        for name in whole.namelist():
            if name != removed:
                rest.writestr(name, whole.read(name))
    environment = install(incomplete, tmp_path)
    refused = Installed(environment, installed.folder).run(
        "beatxp", "refresh", "--store", str(tmp_path / "store")
    )
    assert refused.returncode == 1
    said = refused.stderr.replace("\n", "")
    assert "BeatXP is not installed completely" in said
    assert removed in said

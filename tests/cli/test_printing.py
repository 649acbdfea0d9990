"""What becomes of what is printed, a reader that is gone or a full disk, decides nothing."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import pytest

from pipelines.publication.manifest import current
from tests.product import Project

FULL = "No space left on device"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    project = Project(tmp_path_factory.mktemp("printing"))
    dump = project.exports / "producers/2026-01-01.csv"
    dump.parent.mkdir()
    dump.write_text(
        "producer_id,display_name,joined_at,profile_completion,status\n"
        "1,Renée 東京,2026-01-01,100,active\n"
    )
    project.rulebook.write_bytes(Path("rules/beatpass.toml").read_bytes())
    project.settings()
    return project


@contextmanager
def unread() -> Iterator[int]:
    """A pipe whose reader has closed it."""
    reader, writer = os.pipe()
    os.close(reader)
    yield writer
    os.close(writer)


@contextmanager
def full() -> Iterator[int]:
    with Path("/dev/full").open("wb") as device:
        yield device.fileno()


@contextmanager
def kept(folder: Path, name: str) -> Iterator[int]:
    with (folder / name).open("wb") as file:
        yield file.fileno()


OUTPUTS = {"unread": unread, "full": full}
REFRESH = ("refresh", "--as-of", "2026-11-01", "--store")


def run(
    project: Project,
    folder: Path,
    command: tuple[str, ...],
    out: str,
    err: str = "kept",
    **environment: str,
) -> tuple[int, str, str]:
    """Run a command whose streams go somewhere; its status, and what was kept of them."""
    closed = {"stdout": 1, "stderr": 2}
    with (
        OUTPUTS.get(out, lambda: kept(folder, "out"))() as stdout,
        OUTPUTS.get(err, lambda: kept(folder, "err"))() as stderr,
    ):
        redirections = "".join(
            f" {closed[stream]}>&-"
            for stream, where in (("stdout", out), ("stderr", err))
            if where == "closed"
        )
        config = str(project.folder / "store.toml")
        beatxp = [sys.executable, "-m", "cli", "--config", config, *command]
        done = subprocess.run(
            ["/bin/sh", "-c", f'exec "$@"{redirections}', "sh", *beatxp],
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=stderr,
            env={**os.environ, **environment},
            check=False,
        )
    texts = [
        (folder / name).read_bytes().decode() if (folder / name).exists() else ""
        for name in ("out", "err")
    ]
    return done.returncode, texts[0], texts[1]


@pytest.mark.parametrize(
    ("out", "arguments"), [("unread", ()), ("full", ()), ("closed", ("--json",))]
)
def test_a_refresh_that_has_published_has_published(
    project: Project, tmp_path: Path, out: str, arguments: tuple[str, ...]
) -> None:
    """It ended with 1, and said that it was refused, when `head` had read enough."""
    store = tmp_path / "store"
    status, _, said = run(project, tmp_path, (*REFRESH, str(store), *arguments), out)
    assert status == 0, said
    assert current(store).snapshot.producers == 1
    assert said == (
        f"What was asked for is done, but what it prints could not be written: {FULL}.\n"
        if out == "full"
        else ""
    )


@pytest.fixture(scope="module")
def published(project: Project) -> Project:
    project.refresh(datetime(2026, 11, 1))
    return project


# A reader who does not want more, or that there is none, is no mistake.
@pytest.mark.parametrize(
    ("command", "out"), [(("sql", "FROM levels"), "unread"), (("show", "1"), "closed")]
)
def test_an_answer_that_nobody_reads_is_no_failure(
    published: Project, tmp_path: Path, command: tuple[str, ...], out: str
) -> None:
    status, _, said = run(published, tmp_path, command, out)
    assert (status, said) == (0, "")


@pytest.mark.parametrize("command", [("sql", "FROM levels"), ("--help",)])
def test_an_answer_that_could_not_be_written_is_one(
    published: Project, tmp_path: Path, command: tuple[str, ...]
) -> None:
    status, _, said = run(published, tmp_path, command, "full")
    assert (status, said) == (1, f"The answer could not be written: {FULL}.\n")


@pytest.mark.parametrize(
    ("command", "err"),
    [(("show", "99"), "full"), (("show",), "unread"), (("show", "99", "--json"), "closed")],
)
def test_a_mistake_is_one_though_nobody_hears_of_it(
    published: Project, tmp_path: Path, command: tuple[str, ...], err: str
) -> None:
    status, printed, _ = run(published, tmp_path, command, "kept", err)
    assert (status, printed) == (2, "")


def test_both_can_be_lost(published: Project, tmp_path: Path) -> None:
    assert run(published, tmp_path, ("show", "1"), "full", "full")[0] == 1


def test_letters_that_the_encoding_does_not_have_are_escapes(
    published: Project, tmp_path: Path
) -> None:
    status, printed, said = run(
        published, tmp_path, ("show", "1"), "kept", PYTHONIOENCODING="ascii", PYTHONUTF8="0"
    )
    assert (status, said) == (0, "")
    assert printed.startswith("Ren\\xe9e \\u6771\\u4eac")


def test_a_stream_that_does_not_wait_gets_all_of_it() -> None:
    """Node.js makes its pipes so. More than fits into one is written."""
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    code = (
        "import sys; from cli.printing import open_streams; out = open_streams();"
        "sys.stdout.write('x' * 1_000_000); sys.stdout.flush(); sys.exit(out.lost is not None)"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=writer) as process:
        os.close(writer)
        with os.fdopen(reader, "rb") as pipe:
            assert pipe.read() == b"x" * 1_000_000
    assert process.returncode == 0

"""What a refresh failed on is known to whoever starts the next one."""

from datetime import datetime
from pathlib import Path

import pytest

from pipelines.exports.files import list_exports
from pipelines.exports.ingest import ExportsChanging, listing_key
from pipelines.publication import last_failure as module
from pipelines.publication.last_failure import LastFailure, last_failure
from pipelines.publication.publish import Refused
from pipelines.refresh import inputs_key, open_store, refresh
from pipelines.rulebook import RulebookError
from tests.product import Project
from tests.test_notices import AS_OF, FILES, PLAYS, PRODUCERS, RULEBOOK, TRACKS

LATER = datetime(2026, 11, 21)
BAD = {"plays/bad.csv": PLAYS + "none,1,2026-11-02,1\n" * 30}


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    # Files that were written just before are not young here.
    monkeypatch.setattr("pipelines.exports.ingest.STILL_NS", -1)
    project = Project(tmp_path, guards="")
    project.rulebook.write_text(RULEBOOK)
    project.deliver(FILES)
    return project


def fail(project: Project, kind: type[Exception], as_of: datetime = AS_OF) -> LastFailure | None:
    with pytest.raises(kind):
        refresh(project.settings(), as_of, clock=lambda: as_of)
    return last_failure(project.folder / "store")


def inputs(project: Project) -> str:
    settings = project.settings()
    listing = listing_key(list_exports(settings.project.exports, settings.exports))
    rulebook = project.rulebook.read_bytes()
    return inputs_key(settings, open_store(settings).version, listing, rulebook)


def test_a_refusal_is_remembered_until_files_rulebook_or_settings_change(project: Project) -> None:
    project.deliver(BAD)
    failure = fail(project, Refused)
    assert failure is not None
    assert failure.code == "refused"
    assert "plays/bad.csv" in failure.message
    assert failure.repeats(inputs(project), LATER)
    project.rulebook.write_text(RULEBOOK.replace("play = 1", "play = 2"))
    assert not failure.repeats(inputs(project), LATER)
    project.rulebook.write_text(RULEBOOK)
    lenient = Project(project.folder, guards="[guards]\nmax_rejected_percent = 99\n")
    assert not failure.repeats(inputs(lenient), LATER)
    (project.exports / "plays/bad.csv").unlink()
    assert not failure.repeats(inputs(project), LATER)


def test_a_refresh_that_succeeds_forgets_it(project: Project) -> None:
    project.refresh(AS_OF)
    project.deliver(BAD)
    assert fail(project, Refused) is not None
    (project.exports / "plays/bad.csv").unlink()
    assert not project.refresh(AS_OF).published
    assert last_failure(project.folder / "store") is None


def test_a_dump_that_comes_into_sight_may_end_a_refusal(project: Project) -> None:
    """A guard of partial dumps objects until the time of the next dump."""
    many = "".join(f"{n},P{n},2026-01-01,100,active\n" for n in range(1, 11))
    project.deliver({"producers/2026-11-01.csv": PRODUCERS + many})
    project.refresh(AS_OF)
    project.deliver({"producers/2026-11-20.csv": PRODUCERS + "1,P1,2026-01-01,100,active\n"})
    project.deliver({"producers/2026-11-22.csv": PRODUCERS + many})
    failure = fail(project, Refused, LATER)
    assert failure is not None
    assert failure.repeats(inputs(project), datetime(2026, 11, 21, 23))
    assert not failure.repeats(inputs(project), datetime(2026, 11, 22))
    assert not failure.repeats(inputs(project), AS_OF)


def test_mistakes_in_the_rulebook_are_remembered(project: Project) -> None:
    project.rulebook.write_text(RULEBOOK.replace("play = 1", "play = true"))
    failure = fail(project, RulebookError)
    assert failure is not None
    assert failure.code == "bad_rulebook"
    assert failure.repeats(inputs(project), LATER)


def test_what_may_pass_is_not(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    def changing(*_: object) -> None:
        raise ExportsChanging("plays/a.csv changes whenever it is read.")

    monkeypatch.setattr("pipelines.refresh.ingest", changing)
    assert fail(project, ExportsChanging) is None


def test_that_it_cannot_be_written_hides_no_failure(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    project.deliver(BAD)
    monkeypatch.setattr(module, "write_document", full)
    assert fail(project, Refused) is None


def test_a_record_that_cannot_be_read_is_none(project: Project) -> None:
    project.deliver({**BAD, "tracks/2026-11-01.csv": TRACKS})
    assert fail(project, Refused) is not None
    (project.folder / "store/failed.json").write_text("{")
    assert last_failure(project.folder / "store") is None

"""What operators see of refreshes, whoever performed them."""

from datetime import datetime
from pathlib import Path

from starlette.testclient import TestClient

from dashboard.app import create_app
from monitoring.refresh import monitored_refresh
from tests.monitoring.test_refresh import FILES
from tests.product import Project
from tests.runs import RULEBOOK

NOW = datetime(2026, 11, 1, 20)


def test_the_numbers_of_the_last_refresh_are_those_of_the_textfile(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.rulebook.write_text(RULEBOOK)
    project.deliver(FILES)
    project.mappings = '[metrics]\ntextfile = "beatxp.prom"\n'
    settings = project.settings()
    app = create_app(settings, tmp_path / "store.toml", lambda: NOW)
    with TestClient(app, base_url="http://127.0.0.1") as client:
        assert "beatxp_rows" not in client.get("/metrics").text
        monitored_refresh(settings, clock=lambda: NOW, environment={})
        shown = set(client.get("/metrics").text.splitlines())
    written = set((tmp_path / "beatxp.prom").read_text().splitlines())
    moving = {line for line in written if "_bytes " in line}
    assert len(written) > 50
    assert written - moving <= shown

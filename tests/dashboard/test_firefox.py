"""The pages in Firefox, where it is installed: another engine lays them out and runs scripts."""

import pytest

from pipelines.settings import Settings
from tests.dashboard.browser import served
from tests.dashboard.firefox import firefox, launched


@pytest.mark.skipif(firefox() is None, reason="Firefox is not installed")
def test_pages_fit_and_their_script_runs(marketplace: Settings) -> None:
    path = firefox()
    assert path is not None
    found = []
    with (
        served(marketplace.project.store.parent / "beatxp.toml") as address,
        launched(path, "dark") as window,
    ):
        for where, heading in (
            ("/producers/1", "Apprentice"),
            ("/leaderboards/plays/all_time?producer=4", "Leaderboards"),
        ):
            for width in (1280, 320):
                window.open(f"{address}{where}", width, 900)
                assert window.evaluate("document.querySelector('h1').innerText") == heading
                # The script writes how long ago it was updated.
                assert "ago" in window.evaluate("document.querySelector('.fresh time').innerText")
                assert window.evaluate("matchMedia('(prefers-color-scheme: dark)').matches")
                wide = window.evaluate("document.documentElement.scrollWidth")
                if wide > width:
                    found.append(f"{where} is {wide} pixels wide, not {width}")
        assert window.screenshot().startswith(b"\x89PNG")
        assert window.complaints == []
    assert found == []

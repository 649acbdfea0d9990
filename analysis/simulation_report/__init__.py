"""The report of a simulation: what another rulebook would do, for people who decide about it.

`figures` adds up what the simulation's frames have for every producer, `charts` draws it,
`sections` say what there is to see, and `page` writes the file.
"""

from pathlib import Path

from analysis.simulation import Simulation
from analysis.simulation_report.page import render
from pipelines.store.atomic import write_bytes

__all__ = ["render", "write_report"]


def write_report(simulated: Simulation, path: Path) -> None:
    """Write the report as an HTML file, whole or not at all. Raises OSError."""
    write_bytes(render(simulated).encode(), path)

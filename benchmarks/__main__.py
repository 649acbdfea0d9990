"""`python -m benchmarks figures|peers|floors|load|requests|report`: measure, and write down."""

import signal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer
from rich.console import Console

from benchmarks.bench import Bench, Size, workbench
from benchmarks.checks import CheckFailed
from benchmarks.comparison import NAMES, Compared, chosen, compare
from benchmarks.datasets import VARIABLE, default_data
from benchmarks.experiments import EXPERIMENTS, Experiment
from benchmarks.figures import FIGURES, Measured
from benchmarks.floors import measure as measure_floors
from benchmarks.load import measure as measure_load
from benchmarks.measure import CommandFailed
from benchmarks.report import write_report
from benchmarks.request_costs import measure as measure_requests
from benchmarks.results import (
    PROJECT,
    RESULTS,
    save_failure,
    save_figure,
    save_floor,
    save_load,
    save_peer,
    save_peer_failure,
    save_requests,
)

app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False, rich_markup_mode=None)
out = Console(highlight=False, soft_wrap=True)

Plays = Annotated[int | None, typer.Option(min=1, help="Plays of the whole history.")]
Tracks = Annotated[int, typer.Option(min=1, help="Tracks.")]
Producers = Annotated[int, typer.Option(min=1, help="Producers.")]
Days = Annotated[int, typer.Option(min=4, help="Days of history.")]
Rounds = Annotated[int, typer.Option(min=1, help="Runs of each side.")]
Data = Annotated[
    Path | None, typer.Option(help=f"Folder for data sets (${VARIABLE} or benchmarks/data).")
]
Output = Annotated[Path, typer.Option(help="Folder for results.")]


@app.command()
def figures(
    names: Annotated[list[str] | None, typer.Argument(help=f"Of: {', '.join(FIGURES)}.")] = None,
    plays: Plays = None,
    tracks: Tracks = 2_000_000,
    producers: Producers = 200_000,
    days: Days = 730,
    rounds: Rounds = 3,
    data: Data = None,
    output: Output = RESULTS,
) -> None:
    """Measure figures: all but `billion`, or those that are named.

    PLAYS is 100 million by default, and a billion for `billion`.
    """
    if unknown := set(names or ()) - set(FIGURES):
        raise typer.BadParameter(f"no figure is called {', '.join(sorted(unknown))}")
    chosen = [e for e in EXPERIMENTS if (set(names) & set(e.figures) if names else e.in_all)]
    failed = False
    for million, group in _by_plays(chosen, plays).items():
        size = Size(million, tracks, producers, days, rounds)
        with workbench(size, data or default_data(), out) as bench:
            for experiment in group:
                failed |= not perform(bench, experiment, output)
    raise typer.Exit(int(failed))


@app.command()
def peers(
    names: Annotated[list[str] | None, typer.Argument(help=f"Of: {', '.join(NAMES)}.")] = None,
    plays: Plays = 10_000_000,
    tracks: Tracks = 200_000,
    producers: Producers = 20_000,
    days: Days = 365,
    rounds: Rounds = 1,
    data: Data = None,
    output: Output = RESULTS,
) -> None:
    """Measure BeatXP beside all peers, or those that are named."""
    if unknown := set(names or ()) - set(NAMES):
        raise typer.BadParameter(f"no peer is called {', '.join(sorted(unknown))}")
    size = Size(plays or 10_000_000, tracks, producers, days, rounds)
    failed = False
    with workbench(size, data or default_data(), out) as bench:
        for result in compare(bench, chosen(names or [])):
            if isinstance(result, Compared):
                save_peer(output, result, size)
                out.print(
                    f"{result.peer.title}: {result.load_seconds:.2f} s from nothing, "
                    f"{result.refresh_seconds:.2f} s after an hour, {result.peak_gib:.2f} GiB"
                )
                continue
            failed = True
            peer, error = result
            save_peer_failure(output, peer, str(error), size)
            out.print(f"{peer.title}: {error}", style="red", markup=False)
    raise typer.Exit(int(failed))


@app.command()
def floors(
    plays: Plays = None,
    tracks: Tracks = 2_000_000,
    producers: Producers = 200_000,
    days: Days = 730,
    rounds: Rounds = 3,
    data: Data = None,
    output: Output = RESULTS,
) -> None:
    """Measure what parts of the work take that nobody can leave out, beside a first refresh."""
    size = Size(plays or 100_000_000, tracks, producers, days, rounds)
    with workbench(size, data or default_data(), out) as bench:
        for floor in measure_floors(bench):
            save_floor(output, floor, size)
            out.print(f"{floor['says']}: {floor['seconds']:.2f} s, {floor['of_refresh']:.3f}")


@app.command()
def load(
    plays: Plays = None,
    tracks: Tracks = 2_000_000,
    producers: Producers = 1_000_000,
    days: Days = 120,
    data: Data = None,
    output: Output = RESULTS,
) -> None:
    """Measure the dashboard under load, while snapshots are replaced beneath it."""
    size = Size(plays or 20_000_000, tracks, producers, days, 1)
    with workbench(size, data or default_data(), out) as bench:
        found = measure_load(bench)
        save_load(output, found, size)
        out.print(found)


@app.command()
def requests(output: Output = RESULTS) -> None:
    """Measure what a request costs, and how many a server takes beside a bare one."""
    with TemporaryDirectory() as folder:
        found = measure_requests(Path(folder))
    save_requests(output, found)
    out.print(found)


@app.command()
def report(
    output: Output = RESULTS,
    document: Annotated[
        Path, typer.Option(help="Markdown file with markers; made if it is not there.")
    ] = PROJECT / "docs" / "performance.md",
) -> None:
    """Write the results into a document, and draw the chart beside it."""
    for table in write_report(output, document):
        out.print(table, markup=False)


def perform(bench: Bench, experiment: Experiment, output: Path) -> bool:
    """Measure and keep the figures of an experiment; false if it failed."""
    out.print(f"[bold]{', '.join(experiment.figures)}[/]")
    try:
        for measured in experiment.measure(bench):
            save_figure(output, measured, bench.size)
            tell(measured)
    except (CheckFailed, CommandFailed) as error:
        for name in experiment.figures:
            save_failure(output, name, str(error), bench.size)
        out.print(str(error), style="red", markup=False)
        return False
    finally:
        bench.product.clear()
    return True


def tell(measured: Measured) -> None:
    """Say how a figure turned out."""
    figure = measured.figure
    for number, found in enumerate(measured.rounds, 1):
        sides = (f"{side} {run.seconds:.2f} s" for side, run in found.items())
        out.print(f"  round {number}: {', '.join(sides)}", style="dim")
    verdict = "[green]met[/]" if measured.met else "[yellow]missed[/]"
    out.print(
        f"  {figure.name}: {measured.value:.3f} {figure.unit}, at most {figure.at_most}: {verdict}"
    )


def _by_plays(chosen: list[Experiment], plays: int | None) -> dict[int, list[Experiment]]:
    groups: dict[int, list[Experiment]] = {}
    for experiment in chosen:
        size = plays or (100_000_000 if experiment.in_all else 1_000_000_000)
        groups.setdefault(size, []).append(experiment)
    return groups


def _stop(*_: object) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, _stop)
    app()

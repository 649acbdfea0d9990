"""`beatxp explain`: where a producer's XP comes from, and why something does not count."""

from datetime import date
from typing import Annotated

import typer

from cli.app import Terminal, app
from cli.derived import derived_again, tell_other_version
from cli.files import tell_written, writable_folders, write_tables
from cli.options import (
    CsvFolderOption,
    JsonOption,
    ParquetFolderOption,
    ProducerArgument,
    SnapshotOption,
    parse_day,
)
from cli.show import print_updated
from pipelines.published.snapshot import find_producer
from pipelines.vocabulary import SOURCES

#: What can be asked about by itself: the sources of XP, and earnings, which have a board.
ASKED = (*SOURCES, "earning")


@app.command("explain", epilog="More: docs/analysis/explain.md")
def explain_command(
    context: typer.Context,
    producer: ProducerArgument,
    source: Annotated[
        str | None,
        typer.Option(metavar="SOURCE", help=f"With export rows; one of {', '.join(ASKED)}."),
    ] = None,
    day: Annotated[
        date | None,
        typer.Option(
            parser=parse_day,
            metavar="DAY",
            help="With export rows of that day, like 2026-10-31 (UTC).",
        ),
    ] = None,
    achievement: Annotated[
        str | None,
        typer.Option(
            metavar="ACHIEVEMENT", help="What unlocked it (an id or name), or what is missing."
        ),
    ] = None,
    snapshot: SnapshotOption = None,
    csv: CsvFolderOption = None,
    parquet: ParquetFolderOption = None,
    json: JsonOption = False,
) -> None:
    """Explain a producer's XP, and what does not count. By rules, and rows of export files."""
    terminal: Terminal = context.obj
    if source is not None and source not in ASKED:
        raise typer.BadParameter(f"There is no source {source!r}. There are: {', '.join(ASKED)}.")
    if achievement is not None and (source is not None or day is not None):
        raise typer.BadParameter("Ask for an achievement without --source and --day.")
    writable_folders(csv, parquet)
    opened = terminal.snapshot(snapshot)
    producer_id = find_producer(opened, producer)
    from analysis.explain.answer import ExplainRequest, explain
    from analysis.explain.evidence import Evidence
    from cli.explained import print_explanation

    request = ExplainRequest(source, day, achievement)
    with derived_again(terminal, opened) as (derived, is_same):
        answer = explain(Evidence(derived, producer_id), request)
    folders = write_tables(answer.tables(), csv, parquet)
    if json:
        terminal.json(
            {
                "producer": answer.producer,
                "source": source,
                "day": day,
                "achievement": achievement,
                "plays_left_out": answer.plays_left_out,
                **answer.tables(),
                "is_as_published": is_same,
            },
            opened.row,
        )
        return
    print_explanation(terminal.out, answer)
    if is_same is None:
        print_updated(terminal, opened)
    tell_other_version(terminal, is_same)
    tell_written(terminal.out, folders)

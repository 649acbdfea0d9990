"""`beatxp explain`: where a producer's XP comes from, and why something does not count."""

from datetime import date
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
import typer

from cli.app import JsonOption, Terminal, app, errors_as_sentences
from cli.derived import derived_again, tell_other_version
from cli.folders import (
    CsvFolderOption,
    ParquetFolderOption,
    tell_written,
    writable_folders,
    write_tables,
)
from cli.show import SnapshotOption, print_updated
from cli.wording import plain
from pipelines.published.snapshot import find_producer
from pipelines.vocabulary import SOURCES

if TYPE_CHECKING:
    from analysis.explain.answer import Explanation

#: What can be asked about by itself: the sources of XP, and earnings, which have a board.
ASKED = (*SOURCES, "earning")


@app.command("explain", epilog="More: docs/analysis/explain.md")
def explain_command(
    context: typer.Context,
    producer: Annotated[
        str, typer.Argument(metavar="PRODUCER", help="A producer's id or exact display name.")
    ],
    source: Annotated[
        str | None,
        typer.Option(metavar="SOURCE", help=f"With export rows; one of {', '.join(ASKED)}."),
    ] = None,
    day: Annotated[
        str | None,
        typer.Option(metavar="DAY", help="With export rows of that day, like 2026-10-31 (UTC)."),
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
    with errors_as_sentences(terminal):
        if source is not None and source not in ASKED:
            raise typer.BadParameter(
                f"There is no source {source!r}. There are: {', '.join(ASKED)}."
            )
        if achievement is not None and (source is not None or day is not None):
            raise typer.BadParameter("Ask for an achievement without --source and --day.")
        wanted = None if day is None else _day(day)
        writable_folders(csv, parquet)
        opened = terminal.snapshot(snapshot)
        producer_id = find_producer(opened, producer)
        # Imported here: they bring the engines along, and other commands need none.
        from analysis.explain.answer import ExplainRequest, explain
        from analysis.explain.evidence import Evidence
        from cli.explained import print_explanation

        request = ExplainRequest(source, wanted, achievement)
        with derived_again(terminal, opened) as (derived, is_same):
            answer = explain(Evidence(derived, producer_id), request)
        folders = write_tables(answer.tables(), csv, parquet)
        if json:
            terminal.json(document(opened.row, answer) | {"is_as_published": is_same})
            return
        print_explanation(terminal.out, answer)
        if is_same is None:
            print_updated(terminal, opened)
        tell_other_version(terminal, is_same)
        tell_written(terminal.out, folders)


def document(row: Any, answer: "Explanation") -> dict[str, Any]:
    """The answer for scripts: the snapshot that was asked about, and every table."""
    found: dict[str, Any] = plain(
        {
            "snapshot": msgspec.structs.asdict(row),
            "producer": answer.producer,
            "source": answer.request.source,
            "day": answer.request.day,
            "achievement": answer.request.achievement,
            "plays_left_out": answer.plays_left_out,
            **answer.tables(),
        }
    )
    return found


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(
            f"{text!r} is not a day; write one like 2026-10-31 (UTC)."
        ) from None

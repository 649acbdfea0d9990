"""`beatxp report`: the balance of the XP economy as one HTML file."""

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from cli.app import Terminal, app
from cli.files import tell_written, web_page
from cli.options import JsonOption, SnapshotOption
from cli.tables import fitted

#: Headline figures with what they are called, by how they are written.
_SHARES = {
    "xp_gini": "Gini of XP",
    "plays_gini": "Gini of plays",
    "top_1_percent_xp_share": "XP share of the top 1%",
    "points_board_correlation": "Points board, rank correlation with the snapshot before",
}
_COUNTS = {
    "producers": "Producers",
    "total_xp": "Total XP",
    "xp": "XP in the ledger",
    "xp_lost_to_caps": "XP lost to caps",
    "xp_gained_from_boosts": "XP gained from boosts",
    "xp_withheld_by_gate": "XP withheld by the collaboration gate",
    "achievements_never_unlocked": "Achievements never unlocked",
    "achievements_always_unlocked": "Achievements unlocked by all",
    "unusual_listeners": "Listeners that stand out",
    "unusual_tracks": "Tracks that stand out",
    "unusual_producers": "Producers that stand out",
    "unusual_days": "Days that stand out",
    "rejected_rows": "Rejected rows",
}


@app.command("report", epilog="More: docs/analysis/balance.md")
def report_command(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE.html", help="The file to write.")],
    snapshot: SnapshotOption = None,
    json: JsonOption = False,
) -> None:
    """Write the balance report: one HTML file that opens offline."""
    terminal: Terminal = context.obj
    settings = terminal.settings()
    opened = terminal.snapshot(snapshot)
    web_page(file)
    from analysis.balance import write_report
    from cli.bars import watched

    with watched(terminal.err) as watcher:
        figures = write_report(settings, opened, file.absolute(), watcher)
    terminal.done()
    if json:
        terminal.json({"file": file, "headlines": figures}, opened.row)
        return
    print_headlines(terminal.out, figures)
    tell_written(terminal.out, [file])


def print_headlines(out: Console, figures: dict[str, Any]) -> None:
    """The headline figures, one a line."""
    rows = Table(box=None, show_header=False, pad_edge=False)
    rows.add_column()
    rows.add_column(justify="right")
    for names, written in ((_COUNTS, "{:,}"), (_SHARES, "{:.3f}")):
        for name, title in names.items():
            figure = figures[name]
            rows.add_row(title, "not known" if figure is None else written.format(figure))
    out.print(fitted(out, rows))
    if figures["total_xp"] != figures["xp"]:
        out.print("Total XP are more than the ledger's: a producer's total is never below 0.")

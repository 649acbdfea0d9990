# The XP economy of a project's published snapshots, for reading and for changing:
#
#     marimo edit docs/analysis/notebook.py -- --config dagster_project.toml
#     python docs/analysis/notebook.py --config dagster_project.toml

import marimo

__generated_with = "0.25.2"
app = marimo.App(width="medium")


@app.cell
def _():
    import pathlib
    import sys

    import altair as alt
    import marimo as mo
    import polars as pl

    from analysis.database import connect, schema_name
    from pipelines.publication.manifest import all_kept
    from pipelines.settings import load_settings

    return all_kept, alt, connect, load_settings, mo, pathlib, pl, schema_name, sys


@app.cell
def _(mo, pathlib):
    settings_file = pathlib.Path(str(mo.cli_args().get("config") or "dagster_project.toml"))
    return (settings_file,)


@app.cell
def _(all_kept, connect, load_settings, schema_name, settings_file):
    store = load_settings(settings_file).project.store
    connection = connect(store)
    kept = {
        f"{m.snapshot.published_at:%Y-%m-%d %H:%M:%S}  {m.snapshot.snapshot_id}": schema_name(
            m.snapshot.snapshot_id
        )
        for m in all_kept(store)
    }
    return connection, kept


@app.cell
def _(connection, mo):
    snapshot = connection.sql(
        """
        SELECT snapshot_id, published_at, as_of, data_through, rulebook_version, producers
        FROM snapshot
        """
    ).pl()
    mo.vstack([mo.md("# The XP economy"), snapshot])
    return (snapshot,)


@app.cell
def _(connection):
    xp_by_month = connection.sql(
        """
        SELECT date_trunc('month', day)::DATE AS month, source, sum(xp)::BIGINT AS xp
        FROM xp_ledger
        GROUP BY ALL
        ORDER BY month, source
        """
    ).pl()
    return (xp_by_month,)


@app.cell
def _(alt, mo, xp_by_month):
    by_month = (
        alt.Chart(xp_by_month)
        .mark_bar()
        .encode(
            alt.X("yearmonth(month):T", title=None),
            alt.Y("xp:Q", title="XP"),
            alt.Color("source:N", title="Source"),
            tooltip=["yearmonth(month):T", "source", "xp"],
        )
        .properties(width="container", height=260)
    )
    mo.vstack([mo.md("## XP by source and month"), by_month])
    return


@app.cell
def _(connection):
    levels = connection.sql(
        """
        SELECT level, title, count(producer_id) AS producers
        FROM levels LEFT JOIN progress USING (level)
        GROUP BY ALL
        ORDER BY level
        """
    ).pl()
    return (levels,)


@app.cell
def _(alt, levels, mo):
    by_level = (
        alt.Chart(levels)
        .mark_bar()
        .encode(
            alt.X("producers:Q", title="Producers"),
            alt.Y("title:N", title=None, sort=alt.EncodingSortField("level")),
            tooltip=["level", "title", "producers"],
        )
        .properties(width="container", height=alt.Step(18))
    )
    mo.vstack([mo.md("## Producers per level"), by_level])
    return


@app.cell
def _(connection, mo):
    best = connection.execute(
        "SELECT producer_id FROM progress ORDER BY total_xp DESC, producer_id LIMIT 1"
    ).fetchall()
    # A text: a browser rounds numbers above 2^53, and ids go up to 2^63.
    producer = mo.ui.text(value=str(best[0][0]) if best else "1", label="Producer")
    return (producer,)


@app.cell
def _(connection, producer):
    ledger = connection.sql(
        """
        SELECT day, source, quantity, xp, (sum(xp) OVER running)::BIGINT AS total
        FROM xp_ledger
        WHERE producer_id = try_cast($producer AS BIGINT)
        WINDOW running AS (ORDER BY day, source)
        ORDER BY day, source
        """,
        params={"producer": producer.value},
    ).pl()
    return (ledger,)


@app.cell
def _(alt, ledger, mo, producer):
    growth = (
        alt.Chart(ledger)
        .mark_line(interpolate="step-after")
        .encode(
            alt.X("day:T", title=None),
            alt.Y("max(total):Q", title="XP so far"),
        )
        .properties(width="container", height=200)
    )
    mo.vstack([mo.md("## A producer's ledger"), producer, growth, ledger])
    return


@app.cell
def _(kept, mo):
    names = list(kept)
    before = mo.ui.dropdown(kept, value=names[max(len(names) - 2, 0)], label="From")
    after = mo.ui.dropdown(kept, value=names[-1], label="to")
    return after, before


@app.cell
def _(after, before, connection):
    movers = connection.sql(
        f"""
        SELECT
            producer_id::VARCHAR AS producer_id,
            coalesce(new.display_name, old.display_name) AS display_name,
            coalesce(old.total_xp, 0) AS xp_before,
            coalesce(new.total_xp, 0) AS xp_after,
            xp_after - xp_before AS gained
        FROM {after.value}.progress AS new
        FULL JOIN {before.value}.progress AS old USING (producer_id)
        WHERE gained <> 0
        ORDER BY abs(gained) DESC, producer_id::BIGINT
        LIMIT 20
        """
    ).pl()
    return (movers,)


@app.cell
def _(after, alt, before, mo, movers):
    gains = (
        alt.Chart(movers)
        .mark_bar()
        .encode(
            alt.X("gained:Q", title="XP gained or lost"),
            alt.Y("producer_id:N", title="Producer", sort="-x"),
            tooltip=["producer_id", "display_name", "xp_before", "xp_after", "gained"],
        )
        .properties(width="container", height=alt.Step(18))
    )
    mo.vstack([mo.md("## Who moved most"), mo.hstack([before, after]), gains, movers])
    return


@app.cell
def _(ledger, levels, mo, movers, pl, snapshot, sys, xp_by_month):
    # A script has no page to show: it prints the tables.
    if mo.app_meta().mode == "script":
        with pl.Config(tbl_rows=20, tbl_width_chars=160, tbl_hide_column_data_types=True):
            for title, rows in (
                ("The XP economy", snapshot),
                ("XP by source and month", xp_by_month),
                ("Producers per level", levels),
                ("A producer's ledger", ledger),
                ("Who moved most", movers),
            ):
                sys.stdout.write(f"{title}\n{rows}\n\n")
    return


if __name__ == "__main__":
    app.run()

"""Real data against an independent query: `python -m tests.playlist_archive [EXPORTS_PARENT]`.

8.1 million plays of a public playlist archive, refreshed from nothing; then counts, points and
exact unlock times are computed again by plain DuckDB over the export files, without the project's
SQL, and every difference is printed.
"""

import sys
import tempfile
import time
from datetime import datetime
from pathlib import Path

import duckdb

from pipelines.refresh import refresh
from pipelines.settings import load_settings

AS_OF = datetime(2021, 5, 11)
DUMP = "2021-05-10.parquet"

#: Everything that an uploader or a credited producer earns plays from, by play.
EARNED = """
    create table earned as
    with gates as (
        select producer_id, profile_completion >= 80 as is_open,
            case when row_number() over w = 1 then date '2000-01-01' else stamp end as from_day,
            coalesce(lead(stamp) over w, date '2100-01-01') as until_day
        from (
            select producer_id, profile_completion,
                cast(parse_filename(filename, true) as date) as stamp
            from read_parquet($producers, filename = true)
        ) window w as (partition by producer_id order by stamp)
    )
    select t.producer_id, p.track_id, p.played_at
    from read_parquet($plays) as p join read_parquet($tracks) as t using (track_id)
    where t.status in ('published', 'removed')
    union all
    select c.producer_id, p.track_id, p.played_at
    from read_parquet($plays) as p
    join read_parquet($tracks) as t using (track_id)
    join read_parquet($credits) as c on c.track_id = p.track_id and c.producer_id <> t.producer_id
    join gates as g on g.producer_id = c.producer_id and g.is_open
        and cast(p.played_at as date) >= g.from_day and cast(p.played_at as date) < g.until_day
    where t.status in ('published', 'removed')
        and cast(c.credited_at as date) <= cast(p.played_at as date)
"""
WRONG_PLAYS = """
    select count(*) from read_parquet($progress) as g
    left join (select producer_id, count(*) as plays from earned group by all) as e
        using (producer_id)
    where g.plays <> coalesce(e.plays, 0) or g.play_xp <> coalesce(e.plays, 0)
"""
WRONG_LEDGER = """
    select count(*) from (
        select producer_id, day, quantity from read_parquet($ledger) where source = 'play'
    ) as l
    full join (
        select producer_id, cast(played_at as date) as day, count(*) as plays from earned
        group by all
    ) as e using (producer_id, day)
    where l.quantity is distinct from e.plays
"""
WRONG_UNLOCKS = """
    select count(*) from (
        select producer_id, unlocked_at from read_parquet($unlocks)
        where achievement_id = 'plays-1000'
    ) as u
    full join (
        select producer_id, played_at from earned
        qualify row_number() over (partition by producer_id order by played_at) = 1000
    ) as e using (producer_id)
    where u.unlocked_at is distinct from e.played_at
"""
WRONG_TOTALS = """
    select count(*) from read_parquet($progress) as g
    left join (select producer_id, sum(xp) as xp from read_parquet($ledger) group by all) as l
        using (producer_id)
    where g.total_xp <> greatest(coalesce(l.xp, 0), 0)
"""


def main() -> int:
    """Refresh, compare, and return the number of differences."""
    here = Path(sys.argv[1] if len(sys.argv) > 1 else "../shared/real/playlist-archive").resolve()
    if not here.is_dir():
        sys.stdout.write(f"{here} is not there: name the folder with the real exports.\n")
        return 1
    with tempfile.TemporaryDirectory() as folder:
        settings = Path(folder, "settings.toml")
        settings.write_text(
            f'[project]\nexports = "{here}/exports"\nstore = "store"\n'
            f'rulebook = "{here}/rulebook.toml"\n'
        )
        started = time.monotonic()
        manifest = refresh(load_settings(settings), AS_OF).manifest
        sys.stdout.write(f"refreshed from nothing in {time.monotonic() - started:.1f} s\n")
        root = Path(folder, "store")
        published = {
            "progress": [str(p) for p in manifest.paths(root, "progress")],
            "ledger": [str(p) for p in manifest.paths(root, "xp_ledger")],
            "unlocks": [str(p) for p in manifest.paths(root, "unlocks")],
        }
        con = duckdb.connect()
        con.execute(
            EARNED,
            {
                "plays": f"{here}/exports/plays/*.parquet",
                "producers": f"{here}/exports/producers/*.parquet",
                "tracks": f"{here}/exports/tracks/{DUMP}",
                "credits": f"{here}/exports/credits/{DUMP}",
            },
        )
        wrong = 0
        for what, query in (
            ("plays and play XP", WRONG_PLAYS),
            ("ledger days", WRONG_LEDGER),
            ("unlock times", WRONG_UNLOCKS),
            ("totals", WRONG_TOTALS),
        ):
            named = {name: paths for name, paths in published.items() if f"${name}" in query}
            row = con.execute(query, named).fetchone()
            different = int(row[0]) if row else -1
            sys.stdout.write(f"{what}: {different} differences\n")
            wrong += different
    return wrong


if __name__ == "__main__":
    sys.exit(1 if main() else 0)

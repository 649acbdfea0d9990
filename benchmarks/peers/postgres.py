"""Boards in PostgreSQL: `postgres.py load|refresh EXPORTS OUTPUT STATE`.

`load` makes a cluster of its own in STATE, copies everything, builds indexes and views. `refresh`
copies the files of plays that are new and refreshes the boards without blocking their readers. The
server listens on a Unix socket only and stops at the end; its start and stop are not counted.
"""

import io
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import polars as pl
import psycopg

BOARDS = ("board_plays", "board_uploads", "board_points")
PLAY_COLUMNS = ("play_id", "track_id", "played_at", "listener_id", "seconds_played")
#: As one would set up a server of this size for loading and aggregating.
SERVER = {
    "listen_addresses": "",
    "shared_buffers": "1GB",
    "work_mem": "256MB",
    "maintenance_work_mem": "1GB",
    "max_wal_size": "16GB",
    "checkpoint_timeout": "30min",
    "effective_cache_size": "12GB",
    "random_page_cost": "1.1",
    "jit": "off",
}
#: Of rows of one play the last.
INSERT_PLAYS = """
    insert into plays
    select distinct on (play_id, played_at::date)
        play_id, played_at::date, track_id, played_at, listener_id, seconds_played
    from new_plays
    where track_id >= 1
    order by play_id, played_at::date, position desc
"""
#: PostgreSQL refuses to run as root.
USER = "postgres" if os.geteuid() == 0 else None


def program(name: str) -> str:
    """A program of the installed PostgreSQL; Debian keeps them out of the path."""
    found = shutil.which(name) or max(
        map(str, Path("/usr/lib/postgresql").glob(f"*/bin/{name}")), default=None
    )
    if found is None:
        sys.exit(f"{name} was not found: install PostgreSQL (Debian: apt-get install postgresql).")
    return found


def new_cluster(folder: Path) -> None:
    """Make a database cluster in a folder."""
    folder.mkdir(parents=True)
    if USER:
        shutil.chown(folder, USER)
    command = [program("initdb"), "--auth=trust", "--username=postgres", "--encoding=UTF8"]
    subprocess.run(
        [*command, "-D", folder / "data"], user=USER, check=True, stdout=subprocess.DEVNULL
    )


@contextmanager
def server(folder: Path) -> Iterator[psycopg.Connection]:
    """A running server on a cluster, and a connection to it."""
    with tempfile.TemporaryDirectory(prefix="pg") as socket:
        Path(socket).chmod(0o777)
        options = [f"--{name}={value}" for name, value in SERVER.items()]
        command = [program("postgres"), "-D", str(folder / "data"), "-k", socket, *options]
        process = subprocess.Popen(
            command, user=USER, stdout=subprocess.DEVNULL, stderr=(folder / "log").open("ab")
        )
        try:
            with connect(socket) as connection:
                yield connection
        finally:
            process.terminate()
            process.wait()


def connect(socket: str) -> psycopg.Connection:
    """Connect as soon as the server takes connections."""
    for _ in range(300):
        try:
            return psycopg.connect(host=socket, user="postgres", dbname="postgres", autocommit=True)
        except psycopg.OperationalError:
            time.sleep(0.1)
    sys.exit("PostgreSQL did not start.")


def copy_in(connection: psycopg.Connection, table: str, frame: pl.DataFrame) -> None:
    """COPY a frame into the columns of the same names."""
    text = io.BytesIO()
    frame.write_csv(text, include_header=False)
    columns = ", ".join(frame.columns)
    statement = f"COPY {table} ({columns}) FROM STDIN (FORMAT csv)"
    with connection.cursor().copy(statement) as copy:  # type: ignore[call-overload,unused-ignore]
        copy.write(text.getbuffer())


def load_dumps(connection: psycopg.Connection, exports: Path) -> None:
    """All dumps of producers, the last of tracks and credits."""
    for path in sorted((exports / "producers").iterdir()):
        columns = ["producer_id", "display_name", "status", "profile_completion"]
        frame = pl.read_parquet(path, columns=columns)
        copy_in(connection, "producers", frame.with_columns(pl.lit(path.stem).alias("stamp")))
    columns = ["track_id", "producer_id", "title", "status", "published_at"]
    tracks = pl.read_parquet(max((exports / "tracks").iterdir()), columns=columns)
    copy_in(connection, "tracks", tracks)
    copy_in(connection, "credits", pl.read_parquet(max((exports / "credits").iterdir())))


def load(connection: psycopg.Connection, exports: Path) -> None:
    """Everything from nothing: indexes after the rows, then the views."""
    connection.execute(Path(__file__).with_suffix(".sql").read_text())
    load_dumps(connection, exports)
    for path in sorted((exports / "plays").iterdir()):
        copy_in(connection, "new_plays", pl.read_parquet(path, columns=list(PLAY_COLUMNS)))
    connection.execute(INSERT_PLAYS)
    connection.execute("truncate new_plays")
    connection.execute("alter table plays add primary key (play_id, day)")
    connection.execute("create index on plays (track_id, day)")
    connection.execute("vacuum analyze")
    for view in ("ledger", *BOARDS):
        connection.execute(f"refresh materialized view {view}")
    connection.execute("analyze")


def refresh(connection: psycopg.Connection, files: list[Path]) -> None:
    """Files of plays that are new: a play that comes again replaces the earlier row."""
    for path in files:
        copy_in(connection, "new_plays", pl.read_parquet(path, columns=list(PLAY_COLUMNS)))
    again = """
        on conflict (play_id, day) do update
        set track_id = excluded.track_id, played_at = excluded.played_at,
            listener_id = excluded.listener_id, seconds_played = excluded.seconds_played
    """
    connection.execute(INSERT_PLAYS + again)
    connection.execute("truncate new_plays")
    # Nobody reads the ledger but the boards: it is replaced, which is four times as fast.
    connection.execute("refresh materialized view ledger")
    for view in BOARDS:
        connection.execute(f"refresh materialized view concurrently {view}")


def boards(connection: psycopg.Connection) -> pl.DataFrame:
    """The boards, as readers would see them now."""
    rows = connection.execute("""
        select 'plays', rank, producer_id, score from board_plays
        union all select 'uploads', rank, producer_id, score from board_uploads
        union all select 'points', rank, producer_id, score from board_points
    """).fetchall()
    return pl.DataFrame(rows, ["category", "rank", "producer_id", "score"], orient="row")


def main(mode: str, exports: Path, output: Path, state: Path) -> None:
    """Load or refresh, and say how long it took without the server's start and stop."""
    if mode == "load":
        new_cluster(state)
    seen_path = output.parent / f"{state.name}.seen.json"
    plays = sorted((exports / "plays").iterdir())
    seen = [] if mode == "load" else json.loads(seen_path.read_text())
    with server(state) as connection:
        began = time.monotonic()
        if mode == "load":
            load(connection, exports)
        else:
            refresh(connection, [path for path in plays if path.name not in seen])
        seconds = time.monotonic() - began
        output.mkdir(parents=True)
        boards(connection).write_parquet(output / "leaderboard.parquet")
    seen_path.write_text(json.dumps([path.name for path in plays]))
    sys.stdout.write(json.dumps({"seconds": seconds}) + "\n")


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]), Path(sys.argv[4]))

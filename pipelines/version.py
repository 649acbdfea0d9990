"""Which code computed something: results of other code are never reused."""

import hashlib
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
SQL = PROJECT / "sql"
#: Rooms that only show what was published, or make exports up: they compute no result.
WITHOUT_RESULTS = ("cli", "demo_exports")


def code_version(*folders: str) -> str:
    """A hash over the Python and SQL files below some folders of the project."""
    digest = hashlib.sha256()
    for folder in folders:
        for path in sorted((PROJECT / folder).rglob("*")):
            inside = path.relative_to(PROJECT)
            if path.suffix in (".py", ".sql") and inside.parts[1] not in WITHOUT_RESULTS:
                digest.update(inside.as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]

"""The program's own files, and which code computed something: that of other code is not reused."""

import hashlib
from pathlib import Path

from pipelines.failures import Failure

#: Where the packages and `sql/` stand: the project's folder, or where it was installed.
ROOT = Path(__file__).resolve().parent.parent
SQL = ROOT / "sql"


class IncompleteInstallation(Failure):
    """Files that belong to the program are missing; the message names them."""

    code = "incomplete_installation"


def read_own_file(path: Path) -> str:
    """The text of a file that belongs to the program. Raises IncompleteInstallation."""
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise IncompleteInstallation(
            f"BeatXP is not installed completely: {path} is missing. Install it again."
        ) from None


def code_version(*folders: str) -> str:
    """A hash over the Python and SQL files below some folders of the project.

    Raises IncompleteInstallation if one of the folders has none.
    """
    digest = hashlib.sha256()
    for folder in folders:
        paths = [p for p in sorted((ROOT / folder).rglob("*")) if p.suffix in (".py", ".sql")]
        if not paths:
            raise IncompleteInstallation(
                f"BeatXP is not installed completely: {ROOT / folder} has no Python or SQL files. "
                "Install it again."
            )
        for path in paths:
            digest.update(path.relative_to(ROOT).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]

"""Reading a rulebook: one TOML file in, one checked ``Rulebook`` out (specification, section 3)."""

import hashlib
from pathlib import Path

from pipelines.errors import (
    ConfigError,
    Problem,
    in_file_order,
    parse_toml,
    validate,
)
from pipelines.rulebook.checks import cross_check
from pipelines.rulebook.model import RATED_SOURCES, Rulebook, RulebookFile, Section

__all__ = [
    "RATED_SOURCES",
    "Rulebook",
    "RulebookError",
    "Section",
    "load_rulebook",
    "parse_rulebook",
]


class RulebookError(ConfigError):
    """A rulebook that cannot be used, with every mistake in it."""

    code = "bad_rulebook"


def load_rulebook(path: Path) -> Rulebook:
    """Read and check a rulebook file (specification, section 3).

    Raises RulebookError with all mistakes at once, also when the file cannot be read.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        reason = error.strerror or type(error).__name__
        problem = (
            f"cannot be read ({reason}); correct its path (in the settings: `rulebook` under "
            "[project]) or its permissions."
        )
        raise RulebookError(str(path), [Problem("", problem)]) from None
    return parse_rulebook(data, str(path))


def parse_rulebook(data: bytes, source: str) -> Rulebook:
    """Check the bytes of a rulebook; ``source`` is what errors call it.

    Raises RulebookError with all mistakes at once.
    """
    tables = parse_toml(data)
    if isinstance(tables, Problem):
        raise RulebookError(source, [tables])
    file, mistakes = validate(RulebookFile, tables)
    mistakes += cross_check(tables)
    if file is None or mistakes:
        raise RulebookError(source, in_file_order(mistakes, tables))
    return Rulebook(
        name=file.rulebook.name,
        version=file.rulebook.version,
        sha256=hashlib.sha256(data).hexdigest(),
        text=data.decode(),
        metadata=file.metadata,
        collaboration=file.collaboration,
        plays=file.plays,
        rates=tuple(sorted(file.xp.rates, key=lambda rate: rate.from_day)),
        boosts=tuple(
            sorted(file.xp.boosts, key=lambda b: (b.source, b.from_day, b.until_day, b.percent))
        ),
        daily_caps=file.xp.daily_caps,
        levels=tuple(sorted(file.levels, key=lambda level: level.level)),
        achievements=tuple(sorted(file.achievements, key=lambda entry: entry.id)),
        weights=file.leaderboards.overall,
    )

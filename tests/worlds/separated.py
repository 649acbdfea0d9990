"""Rows as CSV or TSV, with every freedom that these leave."""

from collections.abc import Sequence

from .chance import Chance
from .columns import KINDS, BrokenLine, Line
from .lines import joined
from .texts import csv_cell, quoted


def separated_text(
    rng: Chance, entity: str, lines: Sequence[Line], columns: list[str], delimiter: str
) -> str:
    """A header and a record for each line."""
    kinds = KINDS[entity]
    header = list(columns)
    for unknown in rng.sample(("mystery", "Play_ID", "status ", "date"), rng.choice((0, 0, 1, 2))):
        header.insert(rng.randrange(len(header) + 1), unknown)
    if rng.foreignly(0.3):
        # Trailing delimiters, and columns without a name.
        header += rng.notations.choice(([""], ["", ""], [" "]))
        header.insert(rng.notations.randrange(len(header) + 1), rng.notations.choice(("", "\t ")))
    share = rng.choice((0.0, 0.0, 0.2, 1.0))
    records = [[quoted(rng, name, share, delimiter) for name in header]]
    for line in lines:
        if isinstance(line, BrokenLine):
            width = rng.choice((1, len(header) - 1, len(header) + 1))
            cells = [str(rng.randrange(1, 99)) for _ in range(width)]
        else:
            cells = [
                csv_cell(rng, kinds[name], line[name])
                if name in kinds
                else rng.choice(("", "?"))
                if name.strip()
                else ""
                for name in header
            ]
        records.append([quoted(rng, cell, share, delimiter) for cell in cells])
    return joined(rng, [delimiter.join(record) for record in records])

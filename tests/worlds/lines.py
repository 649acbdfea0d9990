"""Records as the lines of a text file."""

from .chance import Chance


def joined(rng: Chance, records: list[str]) -> str:
    """Records with line ends and empty lines, the last one sometimes without an end."""
    end = rng.choice(("\n", "\n", "\r\n"))
    blank = rng.choice((0.0, 0.0, 0.05))
    text = rng.choice(("", "", "", "\ufeff"))
    for number, record in enumerate(records):
        if number and rng.random() < blank:
            text += rng.choice(("", "", "  ", "\t")) + end
        if rng.foreignly(0.02):
            text += rng.notations.choice(("", " ", "\v", " \f ", "\t")) + end
        text += record + end
    return text if rng.random() < 0.7 else text.removesuffix(end)

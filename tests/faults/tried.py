"""What came of a try: what was seen, in a word, and what is wrong, in sentences."""

from dataclasses import dataclass, field


@dataclass
class Tried:
    """One fault and what came of it. `wrong` is empty if all that is promised was so."""

    what: str
    seen: str = ""
    wrong: list[str] = field(default_factory=list)

    def check(self, is_so: bool, otherwise: str) -> None:
        """Something that is promised."""
        if not is_so:
            self.wrong.append(otherwise)

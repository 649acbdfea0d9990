"""The randomness of a world, and apart from it that of the notations its files are written in."""

from random import Random

#: How often files are written as other systems write them: never, here and there, mostly.
_FOREIGN = (0.0, 0.3, 1.0)


class Chance(Random):
    """Draws of one seed; those of `notations` do not move the others.

    So a seed makes the same world whatever it is written in, and with `foreign=0.0` it is written
    in plain notations only.
    """

    def __init__(self, seed: int, *, foreign: float | None = None) -> None:
        super().__init__(seed)
        self.notations = Random(f"notations of {seed}")
        drawn = self.notations.choice(_FOREIGN)
        self.foreign = drawn if foreign is None else foreign

    def foreignly(self, share: float) -> bool:
        """Whether to take a foreign notation here; `share` is the probability where most do."""
        return self.notations.random() < share * self.foreign

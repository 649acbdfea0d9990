"""Random small worlds: export files that arrive in steps, each with a rulebook and an as_of."""

from .drift import drifting
from .world import Step, World

__all__ = ["Step", "World", "drifting"]

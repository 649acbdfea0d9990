"""Random worlds as other systems would have exported them, and the settings that say how."""

from .steps import MappedStep, mapped

__all__ = ["MappedStep", "mapped"]

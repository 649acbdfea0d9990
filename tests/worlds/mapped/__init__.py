"""Random worlds as other systems would have exported them, and the settings that say how."""

from .steps import MappedStep, mapped, misread

__all__ = ["MappedStep", "mapped", "misread"]

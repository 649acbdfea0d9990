"""An independent oracle: the specification once more, event by event, in plain Python.

It shares no code with the pipelines, prefers plain loops to speed, and holds one world in
memory. Tests compare what the product publishes with what `compute` returns.
"""

from .tables import compute, data_through

__all__ = ["compute", "data_through"]

"""Whole columns at once: NumPy arrays that are indexed by an id's position, and Polars frames."""

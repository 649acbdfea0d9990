"""Mutated export files, each read as the product reads it (specification, section 1).

`files` makes the file of a seed: rows of a random world with nasty values among them, as the bytes
of a format, and these mutated. `verdict` reads it and says what is wrong with the outcome: the
balance of its rows, and whatever the oracle reads differently. `workers` survives what the reading
process does not. `python -m tests.fuzz` runs many files, or one again.
"""

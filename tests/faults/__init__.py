"""Faults that are done to the product for real, and what comes of each: `python -m tests.faults`.

`market` is what they are done to, `answers` what a reader is told of it. Each kind of fault is a
module with the function `attempt`, which makes one try, by a seed, and says what came of it.
"""

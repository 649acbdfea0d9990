"""A check that a process does not survive, or not soon; it imports nothing that takes time."""

import os
import time

CRASHES, HANGS, TAKES_MEMORY = 3, 6, 8


def troubled(seed: int) -> list[str]:
    """What some seeds do to their process."""
    if seed == CRASHES:
        os.abort()
    if seed == HANGS:
        time.sleep(600)
    if seed == TAKES_MEMORY and bytearray(os.urandom(2**20)) * 80:
        return ["this too"]
    return []

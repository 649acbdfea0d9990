"""Bytes as they come out of broken disks, cut transfers, and programs that paste texts together."""

from collections.abc import Callable
from random import Random

from tests.fuzz.nasty import TOKENS

_MOST_BYTES = 1_000_000


def mutated(rng: Random, content: bytes, other: bytes) -> bytes:
    """The content after a few mutations, of which some take bytes from another file."""
    for _ in range(rng.choice((1, 1, 1, 2, 3, 8))):
        change = rng.choice(_CHANGES)
        content = change(rng, content, other)[:_MOST_BYTES]
    return content


def _flip(rng: Random, content: bytes, _other: bytes) -> bytes:
    if not content:
        return content
    changed = bytearray(content)
    for _ in range(rng.choice((1, 1, 2, 10))):
        changed[rng.randrange(len(changed))] ^= 1 << rng.randrange(8)
    return bytes(changed)


def _overwrite(rng: Random, content: bytes, _: bytes) -> bytes:
    start, end = _span(rng, content, 8)
    return content[:start] + rng.randbytes(end - start) + content[end:]


def _cut_off(rng: Random, content: bytes, _: bytes) -> bytes:
    return content[: rng.randrange(len(content) + 1)]


def _behead(rng: Random, content: bytes, _: bytes) -> bytes:
    return content[rng.randrange(min(len(content), 100) + 1) :]


def _cut_out(rng: Random, content: bytes, _: bytes) -> bytes:
    start, end = _span(rng, content, 200)
    return content[:start] + content[end:]


def _repeat(rng: Random, content: bytes, _: bytes) -> bytes:
    start, end = _span(rng, content, 200)
    times = rng.choice((1, 1, 2, 50))
    return content[:end] + content[start:end] * times + content[end:]


def _insert(rng: Random, content: bytes, _: bytes) -> bytes:
    place = rng.choice((0, len(content), *[rng.randrange(len(content) + 1)] * 6))
    return content[:place] + rng.choice(TOKENS) + content[place:]


def _replace(rng: Random, content: bytes, _: bytes) -> bytes:
    start, end = _span(rng, content, 12)
    return content[:start] + rng.choice(TOKENS) + content[end:]


def _replace_everywhere(rng: Random, content: bytes, _: bytes) -> bytes:
    old = rng.choice((b"\n", b"\r\n", b",", b'"', b":", b"2026", b"1", b"}", b" "))
    new = rng.choice((b"\n", b"\r\n", b"\r", b"\n\n", *TOKENS))
    return content.replace(old, new, rng.choice((1, 3, -1)))


def _splice(rng: Random, content: bytes, other: bytes) -> bytes:
    return content[: rng.randrange(len(content) + 1)] + other[rng.randrange(len(other) + 1) :]


def _append(rng: Random, content: bytes, other: bytes) -> bytes:
    return content + rng.choice((b"", b"\n", b"\r")) + other


def _shuffle_lines(rng: Random, content: bytes, _: bytes) -> bytes:
    lines = content.split(b"\n")
    place = rng.randrange(len(lines))
    line = lines.pop(place)
    lines[rng.randrange(len(lines) + 1) : 0] = [line] * rng.choice((1, 2))
    return b"\n".join(lines)


def _drop_quotes(rng: Random, content: bytes, _: bytes) -> bytes:
    return content.replace(b'"', b"", rng.choice((1, 2, 5)))


def _span(rng: Random, content: bytes, most: int) -> tuple[int, int]:
    start = rng.randrange(len(content) + 1)
    return start, min(len(content), start + rng.randint(1, most))


_CHANGES: tuple[Callable[[Random, bytes, bytes], bytes], ...] = (
    _flip,
    _flip,
    _overwrite,
    _cut_off,
    _behead,
    _cut_out,
    _repeat,
    _insert,
    _insert,
    _insert,
    _replace,
    _replace,
    _replace_everywhere,
    _splice,
    _append,
    _shuffle_lines,
    _drop_quotes,
)

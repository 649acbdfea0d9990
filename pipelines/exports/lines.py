"""The lines of a text file, in chunks that begin and end between lines."""

import codecs
from collections.abc import Iterator

from pipelines.exports.rejection import FileRejected

MAX_LINE_BYTES = 268_435_456


def line_chunks(
    blocks: Iterator[bytes], chunk_bytes: int, carriage_returns: bool
) -> Iterator[bytes]:
    """Cut UTF-8 text after line ends into chunks of about `chunk_bytes`, without a leading BOM.

    A line ends with LF; with `carriage_returns`, also with a lone CR where there is no LF.
    Raises FileRejected: file:encoding for what is not UTF-8, file:unreadable for a line
    that is longer than any row can be.
    """
    carried: list[bytes] = []
    size = 0
    enough = chunk_bytes
    start = True
    for block in blocks:
        carried.append(block)
        size += len(block)
        if size < enough:
            continue
        text = b"".join(carried)
        cut = text.rfind(b"\n") + 1
        if not cut and carriage_returns:
            # Not after the last byte: an LF that belongs to the CR may follow.
            cut = text.rfind(b"\r", 0, len(text) - 1) + 1
        if cut:
            yield _checked(text[:cut], start)
            start = False
        elif len(text) > MAX_LINE_BYTES:
            raise FileRejected(
                "file:unreadable", f"A line is longer than {MAX_LINE_BYTES:,} bytes."
            )
        carried = [text[cut:]]
        size = len(text) - cut
        # A long line is not put together anew for every block of it.
        enough = chunk_bytes if cut else min(2 * size, MAX_LINE_BYTES + 1)
    if size or start:
        yield _checked(b"".join(carried), start)


def drain(blocks: Iterator[object]) -> None:
    """Read the rest of a file that is already found to be bad, for what is worse about it.

    Which of several defects is reported must not depend on the size of the chunks.
    """
    for _ in blocks:
        pass


def _checked(text: bytes, start: bool) -> bytes:
    if start:
        text = text.removeprefix(codecs.BOM_UTF8)
    if not text.isascii():
        try:
            text.decode("utf-8")
        except UnicodeDecodeError as error:
            raise FileRejected(
                "file:encoding",
                f"It is not UTF-8: {text[error.start : error.start + 1]!r} in "
                f"{text[max(0, error.start - 20) : error.start + 20]!r}.",
            ) from error
    return text

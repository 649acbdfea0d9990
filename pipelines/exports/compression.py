"""The bytes inside .gz, .zst and .bz2 files: a cut or damaged one never passes for a short one."""

import bz2
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, Protocol

import zstandard
from isal import igzip_lib

from pipelines.exports.files import Compression
from pipelines.exports.rejection import FileRejected

# What `zstd --long=31` needs; memory is only used for as much as a frame asks for.
_ZSTD_WINDOW = 2**31
# The stubs of isal do not say that it is a type.
_DAMAGED: tuple[Any, ...] = (igzip_lib.error, zstandard.ZstdError, OSError, ValueError)
# Little comes out at a time, and little goes in where that is not to be had: text shrinks a
# thousandfold, and by bzip2 a millionfold.
_MOST_TEXT_BYTES = 4 * 1024 * 1024
_ZSTD_PIECE_BYTES = 4 * 1024
_PIECE_BYTES = 64 * 1024


class _Stream(Protocol):
    """One gzip member, Zstandard frame or bzip2 stream that is being decompressed."""

    @property
    def eof(self) -> bool: ...
    @property
    def needs_input(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, max_length: int) -> bytes: ...


class _ZstdFrame:
    """A Zstandard frame, of which a piece goes in at a time: it makes no more than 128 MiB."""

    def __init__(self, decompressor: zstandard.ZstdDecompressor) -> None:
        self._frame = decompressor.decompressobj()
        self._rest = b""

    @property
    def eof(self) -> bool:
        return self._frame.eof

    @property
    def needs_input(self) -> bool:
        return not self._rest

    @property
    def unused_data(self) -> bytes:
        return self._frame.unused_data + self._rest

    def decompress(self, data: bytes, max_length: int) -> bytes:  # noqa: ARG002
        data = self._rest + data
        self._rest = data[_ZSTD_PIECE_BYTES:]
        return self._frame.decompress(data[:_ZSTD_PIECE_BYTES])


def decompressed(blocks: Iterator[bytes], compression: Compression) -> Iterator[bytes]:
    """The uncompressed bytes of a file: several members, frames or streams are one text.

    Raises FileRejected (file:unreadable) for other content, wrong checksums, and an end
    that comes too early.
    """
    if compression == "gz":
        # In less than half of the time that zlib takes.
        gzip = partial(igzip_lib.IgzipDecompressor, flag=igzip_lib.DECOMP_GZIP)
        return _streams(blocks, "gzip", gzip)
    if compression == "zst":
        decompressor = zstandard.ZstdDecompressor(max_window_size=_ZSTD_WINDOW)
        return _streams(blocks, "Zstandard", partial(_ZstdFrame, decompressor))
    if compression == "bz2":
        return _streams(blocks, "bzip2", bz2.BZ2Decompressor)
    return blocks


def _streams(blocks: Iterator[bytes], kind: str, start: Callable[[], _Stream]) -> Iterator[bytes]:
    stream = start()
    inside = False
    ended = False
    for data in _pieces(blocks):
        while data or not stream.needs_input:
            inside = True
            try:
                text = stream.decompress(data, max_length=_MOST_TEXT_BYTES)
            except _DAMAGED as error:
                detail = f"It is not a sound {kind} file: {error}."
                raise FileRejected("file:unreadable", detail) from error
            if text:
                yield text
            data = b""
            if stream.eof:
                data = stream.unused_data
                stream = start()
                inside = False
                ended = True
    if inside or not ended:
        raise FileRejected("file:unreadable", f"The {kind} file is cut off before its end.")


def _pieces(blocks: Iterator[bytes]) -> Iterator[bytes]:
    """The same bytes, few at a time: what a stream leaves is copied for the one after it."""
    for block in blocks:
        for start in range(0, len(block), _PIECE_BYTES):
            yield block[start : start + _PIECE_BYTES]

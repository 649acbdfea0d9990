"""JSON documents of the store: each appears whole, and ends with a checksum of what is before it.

A document that is not what was written, or that another version wrote in another form, is as good
as none: whoever reads it does what is done without it. Documents of early versions have no
checksum; those that are whole are read.
"""

import errno
import re
from pathlib import Path
from typing import Any, Final, TypeVar

import msgspec

from pipelines.store.atomic import remove_folder, write_bytes
from pipelines.store.checksums import checksum_of

T = TypeVar("T")

_END: Final = re.compile(rb',\s*"checksum":\s*"([0-9a-f]{32})"\s*\}\s*$')
_LONGEST_END: Final = 80


def encode_document(document: Any, readable: bool = False) -> bytes:
    """An object with at least one field as JSON, and its checksum as the last key."""
    data = msgspec.json.encode(document)
    if readable:
        data = msgspec.json.format(data)
    body = data[: data.rindex(b"}")].rstrip()
    space = b"\n  " if readable else b""
    end = b"\n}\n" if readable else b"}"
    return b'%b,%b"checksum":%b"%b"%b' % (
        *(body, space, b" " if readable else b""),
        *(checksum_of(body).encode(), end),
    )


def decode_document(data: bytes, kind: type[T]) -> T | None:
    """What a document says; None if it is not what was written, or has another form."""
    end = _END.search(data, max(0, len(data) - _LONGEST_END))
    if end and checksum_of(memoryview(data)[: end.start()]).encode() != end[1]:
        return None
    try:
        return msgspec.json.decode(data, type=kind)
    except msgspec.MsgspecError:
        return None


def write_document(document: Any, path: Path, durable: bool = True, readable: bool = False) -> None:
    """Write a document whole in the place of whatever may be there. Raises OSError."""
    if path.is_dir():
        remove_folder(path)
    write_bytes(encode_document(document, readable), path, durable)


def read_document(path: Path, kind: type[T]) -> T | None:
    """The document of this name; None if there is none that can be relied on."""
    try:
        return decode_document(path.read_bytes(), kind)
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        return None
    except OSError as error:
        if error.errno == errno.EIO:
            return None
        raise

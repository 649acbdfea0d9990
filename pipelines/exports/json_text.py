"""The objects in JSON text: in lines of one or several, in arrays, or in one array.

(specification, section 1: JSON forms)
"""

import json
import re
from collections.abc import Iterator
from typing import Any

import msgspec

from pipelines.exports import values
from pipelines.exports.json_values import Number, Repaired

#: White space of lines that are empty; JSON itself allows less of it.
BLANK = values.BLANK.encode()
JSON_BLANK = b" \t\r\n"
_BETWEEN = re.compile(rb"\}[ \t\r]*\{")
_DECODER = msgspec.json.Decoder(Any, float_hook=Number)


def _refuse(constant: str) -> None:
    """NaN and Infinity are no JSON."""
    raise ValueError(constant)


_SCANNER = json.JSONDecoder(parse_int=Number, parse_float=Number, parse_constant=_refuse)
_RAW_ARRAY = msgspec.json.Decoder(list[msgspec.Raw])


def object_of(text: bytes) -> dict[str, Any] | None:
    """The object that a text is; None if it is anything else."""
    try:
        found = _DECODER.decode(text)
    except (msgspec.DecodeError, RecursionError):
        found = _decoded_slowly(text)
    return found if isinstance(found, dict) else None


def objects_of(line: bytes) -> list[bytes] | None:
    """The texts of the objects of a line; None if it is malformed.

    One object, several after each other, or an array of objects, which may be empty.
    """
    line = line.strip(JSON_BLANK)
    if line.startswith(b"["):
        elements = array_of(line)
        if elements is None or any(object_of(element) is None for element in elements):
            return None
        return elements
    # Where each part is an object, none was cut within a text.
    parts = _BETWEEN.sub(b"}\n{", line).split(b"\n")
    if all(object_of(part) is not None for part in parts):
        return parts
    return None if len(parts) == 1 else _scanned(line.decode())


def _scanned(text: str) -> list[bytes] | None:
    """The texts of objects after each other, found one by one."""
    objects = []
    end = 0
    while end < len(text):
        begin = end
        try:
            found, end = _SCANNER.raw_decode(text, begin)
        except (ValueError, RecursionError):
            return None
        if not isinstance(found, dict):
            return None
        objects.append(text[begin:end].encode())
        while text[end : end + 1] in (" ", "\t", "\r"):
            end += 1
    return objects


def array_of(text: bytes) -> list[bytes] | None:
    """The texts of the elements of a JSON array; None if it is none."""
    try:
        return [bytes(element) for element in _RAW_ARRAY.decode(text)]
    except (msgspec.DecodeError, RecursionError):
        found = _loaded(text)
    if not isinstance(found, list):
        return None
    # Python's decoder keeps no texts: the elements are written again, with the same meaning.
    return list(map(_written, found))


def is_json(line: bytes) -> bool:
    """Whether a line is JSON by itself."""
    try:
        _DECODER.decode(line)
    except (msgspec.DecodeError, RecursionError):
        return _decoded_slowly(line) is not None
    return True


def _decoded_slowly(text: bytes) -> Any:
    """What only Python's own decoder takes: numbers of thousands of digits, and escaped halves
    of surrogate pairs, which are JSON although no text can hold them. None for other text.
    """
    try:
        return _storable(_loaded(text))
    except RecursionError:
        return None


def _loaded(text: bytes) -> Any:
    try:
        return _SCANNER.decode(text.decode())
    except (ValueError, RecursionError):
        return None


def _storable(value: Any) -> Any:
    if isinstance(value, list):
        return [_storable(element) for element in value]
    if isinstance(value, dict):
        return {str(_text(key)): _storable(element) for key, element in value.items()}
    return _text(value) if type(value) is str else value


def _text(text: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError:
        return Repaired(text.encode("utf-16", "surrogatepass").decode("utf-16", "replace"))
    return text


def _written(value: Any) -> bytes:
    """JSON text of a value, in which numbers stand as they were written."""
    return "".join(_pieces(value)).encode()


def _pieces(value: Any) -> Iterator[str]:
    if isinstance(value, Number):
        yield str(value)
    elif isinstance(value, list):
        yield "["
        for number, element in enumerate(value):
            yield "," if number else ""
            yield from _pieces(element)
        yield "]"
    elif isinstance(value, dict):
        yield "{"
        for number, (key, element) in enumerate(value.items()):
            yield "," if number else ""
            yield f"{json.dumps(key)}:"
            yield from _pieces(element)
        yield "}"
    else:
        yield json.dumps(value)

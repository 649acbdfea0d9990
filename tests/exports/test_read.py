"""One file from its bytes to its contribution (specification, section 1)."""

import bz2
import gzip
import hashlib
import time
import zlib
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import zstandard

from pipelines.exports import content
from pipelines.exports.compression import decompressed
from pipelines.exports.files import Compression, ExportFile
from pipelines.exports.lines import line_chunks
from pipelines.exports.read import Content, FileChanged, read_file
from tests.exports.conftest import Read

Deliver = Callable[[str, str, bytes], ExportFile]
HEADER = b"play_id,track_id,played_at\n"
ROW = b"1,1,2026-01-02T03:04\n"
TEXT = HEADER + ROW


def _gz(data: bytes) -> bytes:
    return gzip.compress(data, mtime=0)


def _zst(data: bytes) -> bytes:
    return zstandard.ZstdCompressor(write_checksum=True).compress(data)


@pytest.mark.parametrize(
    ("ending", "data"),
    [
        ("gz", _gz(TEXT)),
        ("zst", _zst(TEXT)),
        ("bz2", bz2.compress(TEXT)),
        ("bz2", bz2.compress(HEADER) + bz2.compress(b"") + bz2.compress(ROW)),
        ("gz", _gz(HEADER) + _gz(b"") + _gz(ROW)),
        ("zst", _zst(HEADER) + _zst(ROW)),
        ("zst", b"\x50\x2a\x4d\x18\x04\0\0\0skip" + _zst(TEXT)),
    ],
)
def test_compressed_files(read: Read, ending: str, data: bytes) -> None:
    assert read("plays", f"a.csv.{ending}", data).rows["play_id"].to_list() == [1]


@pytest.mark.parametrize(
    ("ending", "data"),
    [
        ("gz", b""),
        ("zst", b""),
        ("bz2", b""),
        ("bz2", bz2.compress(TEXT)[:-1]),
        ("bz2", bz2.compress(TEXT) + b"more"),
        ("gz", TEXT),
        ("zst", TEXT),
        ("gz", _zst(TEXT)),
        ("gz", _gz(TEXT)[:-1]),
        ("zst", _zst(TEXT)[:-1]),
        ("gz", _gz(TEXT)[:-8] + b"\0\0\0\0" + _gz(TEXT)[-4:]),
        ("zst", _zst(TEXT)[:-1] + b"\0"),
        ("gz", _gz(HEADER) + _gz(ROW)[:-1]),
        ("zst", _zst(HEADER) + _zst(ROW)[:-5]),
        ("gz", _gz(TEXT) + b"more"),
        ("gz", _gz(TEXT) + b"\0" * 512),
        ("zst", _zst(TEXT) + b"more"),
        # What is damaged is worse than what is written in it.
        ("gz", _gz(b"no header here\n\xff\n" * 1000)[:-1]),
    ],
)
def test_damaged_compressed_files(read: Read, ending: str, data: bytes) -> None:
    for name in ("a.csv", "a.ndjson"):
        contribution = read("plays", f"{name}.{ending}", data).contribution
        assert contribution.file_reason == "file:unreadable"


@pytest.mark.parametrize(
    ("compression", "compress", "megabytes", "most"),
    [
        ("gz", lambda: zlib.compressobj(wbits=31), 32, 4),
        ("bz2", bz2.BZ2Compressor, 32, 4),
        ("zst", lambda: zstandard.ZstdCompressor(level=1).compressobj(), 512, 128),
    ],
)
def test_little_text_is_in_memory_at_once(
    compression: Compression, compress: Callable[[], Any], megabytes: int, most: int
) -> None:
    """Of a few kilobytes there can be gigabytes of it."""
    blank = b" " * 2**20
    compressor = compress()
    data = b"".join(compressor.compress(blank) for _ in range(megabytes)) + compressor.flush()
    assert len(data) < 64 * 1024
    sizes = [len(text) for text in decompressed(iter([data]), compression)]
    assert sum(sizes) == megabytes * 2**20
    assert max(sizes) <= most * 2**20


def test_a_long_line_is_not_put_together_for_every_block() -> None:
    blocks = [b"x" * 2**14] * 2**12 + [b"\n1\n"]
    started = time.process_time()
    texts = list(line_chunks(iter(blocks), 2**14, carriage_returns=True))
    assert [len(text) for text in texts] == [2**26 + 3]
    # It took minutes.
    assert time.process_time() - started < 5


def test_days_of_events(read: Read) -> None:
    data = HEADER + b"".join(
        b"%d,1,%s\n" % (number, time)
        for number, time in enumerate(
            (b"2026-01-03", b"2026-01-02T23:59:59.9999999", b"2026-01-03T00:30+01:00", b"x"), 1
        )
    )
    second = 1_000_000
    night = int(datetime(2026, 1, 3).timestamp() - datetime(1970, 1, 1).timestamp()) * second
    for rows_per_chunk in (1_000_000, 1):
        reading = read("plays", "a.csv", data, rows_per_chunk)
        assert reading.contribution.days == {
            "2026-01-02": [2, night - 1800 * second, night - 1, 2, 3],
            "2026-01-03": [1, night, night, 1, 1],
        }
    assert read("plays", "a.csv", data).rows["row"].to_list() == [2, 3, 1]
    assert read("tracks", "2026-01-01.ndjson", "{}").contribution.days == {}


def test_rows_of_plays_can_be_found_by_day(read: Read) -> None:
    """Within a chunk the rows are in the order of their days, and otherwise of the file."""
    times = [b"2026-01-%02d" % (1 + n % 3) for n in range(9)]
    data = HEADER + b"".join(b"%d,1,%s\n" % (n + 1, time) for n, time in enumerate(times))
    assert read("plays", "a.csv", data).rows["row"].to_list() == [1, 4, 7, 2, 5, 8, 3, 6, 9]


def test_types_of_what_is_kept(read: Read) -> None:
    reading = read("tracks", "2026-01-01.ndjson", "")
    assert reading.rows.schema == {
        "track_id": pl.Int64,
        "producer_id": pl.Int64,
        "title": pl.String,
        "status": pl.String,
        "published_at": pl.Datetime("us"),
        "updated_at": pl.Datetime("us"),
        **dict.fromkeys(
            ["artwork", "description", "genres", "tags", "musical_key", "scale", "collection"],
            pl.Boolean,
        ),
        "bpm": pl.Boolean,
        "row": pl.Int64,
    }
    assert reading.rejects.schema == {"row": pl.Int64, "reason": pl.String, "original": pl.String}


@pytest.mark.parametrize("in_memory_bytes", [content.IN_MEMORY_BYTES, 10])
@pytest.mark.parametrize("good", [True, False])
@pytest.mark.parametrize("name", ["a.csv", "a.csv.gz", "a.parquet", "a.ndjson"])
def test_other_bytes_than_were_hashed_are_never_read(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    deliver: Deliver,
    name: str,
    good: bool,
    in_memory_bytes: int,
) -> None:
    """Also where the new bytes are a bad file, and where they are too many to hold in memory."""
    monkeypatch.setattr("pipelines.exports.content.IN_MEMORY_BYTES", in_memory_bytes)
    pl.DataFrame(
        {"play_id": [1], "track_id": [1], "played_at": [datetime(2026, 1, 1)]}
    ).write_parquet(tmp_path / "good")
    data = {
        "a.csv": TEXT,
        "a.csv.gz": _gz(TEXT),
        "a.parquet": (tmp_path / "good").read_bytes(),
        "a.ndjson": b"{}",
    }[name]
    file = deliver("plays", name, data if good else b"\xff not what its ending says")
    sha256 = hashlib.sha256(file.location.read_bytes()).hexdigest()
    with Content(file) as opened:
        contribution = read_file(file, opened, tmp_path)
    assert (contribution.file_reason is None) is good
    assert contribution.sha256 == sha256
    with Content(file) as opened:
        # Another file under the old inode: what is in memory is not disturbed by it.
        file.location.write_bytes(data + b"\n" if good else b"\xff nor this")
        if opened.held is not None:
            assert read_file(file, opened, tmp_path) == contribution
        else:
            with pytest.raises(FileChanged, match="changed while it was read"):
                read_file(file, opened, tmp_path)


def test_a_file_that_is_replaced_while_it_is_read_is_read_as_it_was(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, deliver: Deliver
) -> None:
    monkeypatch.setattr("pipelines.exports.content.IN_MEMORY_BYTES", 10)
    file = deliver("plays", "a.csv", TEXT)
    with Content(file) as opened:
        (tmp_path / "new").write_bytes(b"other")
        (tmp_path / "new").replace(file.location)
        assert b"".join(opened.blocks()) == TEXT


def test_a_missing_file_is_an_os_error(deliver: Deliver) -> None:
    file = deliver("plays", "a.csv", TEXT)
    file.location.unlink()
    with pytest.raises(FileNotFoundError):
        Content(file)


def test_chunks_make_no_difference(read: Read) -> None:
    lines = [b"%d,1,2026-01-%02d" % (n, 1 + n % 31) for n in range(100)]
    lines[50] = b"1,1"
    lines[60] = b'60,1,"2026-01-01"'
    lines[70] = b""
    data = HEADER + b"\n".join(lines)
    whole = read("plays", "a.csv", data)
    for rows_per_chunk in (1, 20):
        parts = read("plays", "a.csv", data, rows_per_chunk)
        assert parts.contribution == whole.contribution
        assert parts.rows.sort("row").equals(whole.rows.sort("row"))
        assert parts.rejects.equals(whole.rejects)

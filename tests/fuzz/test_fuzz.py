"""A few mutated files, and what becomes of files that their reader does not survive."""

import pytest

from tests.fuzz.check import check
from tests.fuzz.files import FORMATS, fuzz_file
from tests.fuzz.troubled import CRASHES, HANGS, TAKES_MEMORY, troubled
from tests.fuzz.workers import Limits, findings

#: Those of `make fuzz` come before these.
_FIRST = 10_000_000


@pytest.mark.parametrize("part", range(2))
@pytest.mark.parametrize("format", FORMATS)
def test_mutated_files_are_read_as_the_oracle_reads_them(format: str, part: int) -> None:
    for seed in range(_FIRST + 100 * part, _FIRST + 100 * (part + 1)):
        assert check(format, seed) == [], f"python -m tests.fuzz {format} {seed}"


def test_a_seed_makes_the_same_file_every_time() -> None:
    for format in FORMATS:
        files = [fuzz_file(format, seed) for seed in range(20)]
        assert [fuzz_file(format, seed) for seed in range(20)] == files
        assert len({file.content for file in files}) > 15


def test_what_ends_or_stops_a_reader_is_found_and_the_others_go_on() -> None:
    limits = Limits(patience=2, megabytes=40)
    found = {f.seed: f.faults for f in findings(troubled, range(10), limits, processes=1)}
    assert found.keys() == {CRASHES, HANGS, TAKES_MEMORY}
    assert found[CRASHES] == ("it ended the process: SIGABRT",)
    assert found[HANGS] == ("it is not read in time",)
    assert found[TAKES_MEMORY][0] == "this too"
    assert found[TAKES_MEMORY][1].startswith("took 8")

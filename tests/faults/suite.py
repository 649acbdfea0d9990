"""All kinds of faults: what is promised of each, and how often it is tried."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from tests.faults import clock, daemon, damage, deaths, errors, memory, processes, room
from tests.faults.market import Market
from tests.faults.tried import Tried

Tries = Callable[[Market, Iterable[int]], Iterator[Tried]]


@dataclass(frozen=True)
class Kind:
    """A kind of fault. `tries` is how often `make faults` tries it, `quick` how often tests do: not
    at all where one try takes minutes.
    """

    name: str
    fault: str
    promise: str
    tries: int
    quick: int
    perform: Tries
    needs_mount: bool = False


@dataclass
class Seen:
    """What came of all tries of a kind; `wrong` has the seeds of those with findings."""

    tries: int = 0
    came: Counter[str] = field(default_factory=Counter)
    wrong: dict[int, Tried] = field(default_factory=dict)


def each(attempt: Callable[[Market, int], Tried]) -> Tries:
    """One try after the other."""
    return lambda market, seeds: (attempt(market, seed) for seed in seeds)


_STAYS: Final = "exit 0 and published, or exit 1, a sentence, and the last snapshot stays"
KINDS: Final = (
    Kind(
        "damage",
        "a file of any kind is flipped, cut, deleted, swapped, zeroed, lengthened, a folder",
        "each number is right, or a sentence names the file; a refresh or `verify --repair` heals",
        *(1000, 14),
        each(damage.attempt),
    ),
    Kind(
        "unknown",
        "files and folders of others lie about in the store",
        "no error; they are left alone",
        *(20, 1),
        each(damage.attempt_unknown),
    ),
    Kind(
        "hold",
        "the record of a roll back is damaged",
        "nothing is published until `beatxp release`",
        *(30, 1),
        each(damage.attempt_hold),
    ),
    Kind(
        "deaths",
        "SIGKILL at a random moment of a refresh, a reader beside it",
        "a whole snapshot is shown at all times; the next refresh goes on",
        *(1000, 6),
        deaths.tries,
    ),
    Kind(
        "errors",
        "a system call fails, once or from then on: EIO, ENOSPC, EDQUOT, EROFS, EACCES, EMFILE",
        _STAYS,
        *(500, 8),
        each(errors.attempt),
    ),
    Kind(
        "full",
        "the disk is full after a random number of bytes",
        _STAYS,
        *(100, 2),
        each(room.attempt_bytes),
        needs_mount=True,
    ),
    Kind(
        "inodes",
        "the disk has no inodes left after a random number of files",
        _STAYS,
        *(50, 1),
        each(room.attempt_inodes),
        needs_mount=True,
    ),
    Kind(
        "read-only",
        "nobody may write in the store",
        "readers read; a refresh says why it cannot",
        *(10, 1),
        each(processes.attempt_read_only),
    ),
    Kind(
        "clock",
        "the clock goes back by an hour or a year, or ahead",
        "ids rise, the oldest go first, `previous` is the one before",
        *(20, 1),
        each(clock.attempt),
    ),
    Kind(
        "memory",
        "the system gives little memory",
        "published, or the last snapshot stays",
        *(50, 1),
        each(memory.attempt),
    ),
    Kind(
        "memory limit",
        "`[engine] memory_limit` is far too little",
        "published, or `out_of_memory` and the last snapshot stays",
        *(20, 1),
        each(memory.attempt_limit),
    ),
    Kind(
        "writers",
        "two refreshes at once",
        "one publishes, the other waits, says so, and finds nothing new",
        *(20, 1),
        each(processes.attempt_two_writers),
    ),
    Kind(
        "paused",
        "the refresh that holds the lock is stopped (SIGSTOP)",
        "another waits and says so; readers go on",
        *(20, 1),
        each(processes.attempt_paused),
    ),
    Kind(
        "interrupt",
        "Ctrl+C at a random moment, also while the program starts",
        "status 130 without a traceback, and the last snapshot stays, or status 0",
        *(200, 2),
        each(processes.attempt_interrupt),
    ),
    Kind(
        "unheard",
        "what a refresh prints goes to a full device, nowhere, or a reader that is gone",
        "published, status 0",
        *(30, 1),
        each(processes.attempt_unheard),
    ),
    Kind(
        "daemon",
        "a night of Dagster: input that is refused, then a run whose process is killed",
        "one run, one alert and one recovery; the killed run is marked, and done again",
        *(3, 0),
        each(daemon.attempt),
    ),
)


def perform(kind: Kind, market: Market, seeds: Iterable[int]) -> Iterator[tuple[int, Tried]]:
    """Try a kind of fault by each seed; gives each try with its number."""
    if kind.needs_mount and not room.can_mount():
        return
    yield from enumerate(kind.perform(market, seeds), start=min(seeds, default=0))

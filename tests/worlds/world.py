"""A seeded world as a list of steps, in the manner of deliveries to a real exports folder."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from .chance import Chance
from .columns import EVENTS, SNAPSHOTS
from .deliveries import (
    Delivery,
    broken_file,
    deliveries,
    event_path,
    header_only,
    ignored_file,
    written,
)
from .population import populate
from .rulebooks import changed_rulebook, random_rulebook, toml_text

# Around a change of the ISO year, within a leap year's February, and plain months.
_FIRST_DAYS = (date(2026, 12, 7), date(2024, 2, 5), date(2026, 5, 18), date(2027, 7, 1))
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Step:
    """What changes in the exports folder before one refresh, and what that refresh is told."""

    rulebook: dict[str, Any]
    rulebook_toml: str
    as_of: datetime
    """With time zone UTC."""
    files: dict[str, bytes | None] = field(default_factory=dict)
    """New contents by path below the exports folder; None = the file is deleted."""

    def install(self, exports: Path) -> None:
        """Write, replace and delete files; the steps before this one are installed already."""
        for path, content in self.files.items():
            target = exports / path
            if content is None:
                target.unlink(missing_ok=True)
            else:
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(content)


class World:
    """Two to five steps; the same seed and size give the same bytes.

    `size` multiplies the number of plays and earnings: 1.0 is hundreds, 10.0 thousands.
    `foreign` says how much is written as other systems write it, from 0.0 to 1.0 (drawn if None).
    """

    def __init__(self, seed: int, size: float = 1.0, *, foreign: float | None = None) -> None:
        self.seed = seed
        self._rng = Chance(seed, foreign=foreign)
        self._first_day = self._rng.choice(_FIRST_DAYS)
        self._span = self._rng.choice((12, 30, 60))
        first_day = (self._first_day - date(1970, 1, 1)).days
        self._population = populate(self._rng, first_day, self._span, size)
        self._here: dict[str, Delivery] = {}
        self.steps = self._steps()

    def _steps(self) -> list[Step]:
        rng = self._rng
        count = rng.randrange(2, 6)
        arriving: list[list[Delivery]] = [[] for _ in range(count)]
        for delivery in deliveries(rng, self._population):
            # Most of the world is there at first, so that later steps change what was computed.
            arriving[0 if rng.random() < 0.5 else rng.randrange(count)].append(delivery)
        rulebook = random_rulebook(rng, self._first_day, self._span)
        steps: list[Step] = []
        as_of = self._moment()
        for number in range(count):
            files: dict[str, bytes | None] = {}
            if number:
                self._disturb(files)
                if rng.random() < 0.4:
                    rulebook = changed_rulebook(rng, rulebook, self._first_day, self._span)
                if rng.random() < 0.6:
                    as_of = self._moment()
            arrived = arriving[number] + self._oddities(number)
            rng.shuffle(arrived)
            for delivery in arrived:
                self._put(files, delivery)
            steps.append(Step(rulebook, toml_text(rulebook), as_of, files))
        return steps

    def _moment(self) -> datetime:
        """A time: at an event, just after one, at a stamp, or at midnight."""
        rng = self._rng
        form = rng.random()
        times = [
            at
            for play in self._population.events["plays"]
            if isinstance(at := play["played_at"], int)
        ]
        if form < 0.4 and times:
            at = max(rng.choice(times) for _ in range(3)) + rng.choice((0, 1))
            return _EPOCH + timedelta(microseconds=at)
        day = self._first_day + timedelta(days=rng.randrange(self._span // 2, self._span + 4))
        hours = rng.randrange(24) if form > 0.7 else 0
        stamps = [stamp for dumps in self._population.dumps.values() for stamp, _ in dumps]
        if 0.65 <= form < 0.75 and stamps:
            # A dump is visible from the very instant of its stamp on.
            return _EPOCH + timedelta(microseconds=stamps[day.toordinal() % len(stamps)])
        if form < 0.55:
            # Monday at midnight: the week that counts is the one that has just ended.
            day -= timedelta(days=day.weekday())
        elif form < 0.65:
            day = (day.replace(day=1) + timedelta(days=31)).replace(day=1)
        return datetime(day.year, day.month, day.day, hours, tzinfo=UTC)

    def _put(self, files: dict[str, bytes | None], delivery: Delivery) -> None:
        self._here[delivery.path] = delivery
        files[delivery.path] = delivery.content

    def _remove(self, files: dict[str, bytes | None], path: str) -> None:
        del self._here[path]
        files[path] = None

    def _oddities(self, number: int) -> list[Delivery]:
        """Files that count for nothing, or are rejected, each of a random entity."""
        rng = self._rng
        odd: list[Delivery] = []
        for _ in range(rng.choice((0, 1, 2))):
            odd.append(ignored_file(rng, rng.choice((*SNAPSHOTS, *EVENTS))))
        for _ in range(rng.choice((0, 0, 1, 2))):
            entity = rng.choice(EVENTS)
            rows = self._population.events[entity]
            odd.append(broken_file(rng, entity, f"{entity}/zz-broken-{number}.x", rows))
        if rng.random() < 0.3:
            odd.append(header_only(rng, rng.choice(EVENTS), number))
        if rng.random() < 0.25:
            entity = rng.choice(SNAPSHOTS)
            dumps = self._population.dumps[entity]
            rows = dumps[0][1] if dumps else []
            odd.append(written(rng, f"{entity}/no-stamp-2026-02-30.csv", entity, rows[:5]))
        if rng.random() < 0.3:
            # One bad part takes its whole dump out of force.
            entity = rng.choice(SNAPSHOTS)
            for stamp, rows in self._population.dumps[entity][-1:]:
                text = f"{_EPOCH + timedelta(microseconds=stamp):%Y-%m-%dT%H-%M}"
                odd.append(broken_file(rng, entity, f"{entity}/{text}/part-{number}9.x", rows))
        return odd

    def _disturb(self, files: dict[str, bytes | None]) -> None:
        """Vanished, renamed, healed and replaced files."""
        rng = self._rng
        for path in self._some_paths(rng.choice((0, 0, 1, 2))):
            self._remove(files, path)
        for path in self._some_paths(rng.choice((0, 1))):
            delivery = self._here[path]
            self._remove(files, path)
            folder, _, name = path.rpartition("/")
            # Later in the order of paths, mostly under the same stamp.
            renamed = f"{folder}/zz-{name}"
            self._put(files, Delivery(renamed, delivery.content, delivery.entity, delivery.rows))
        for path in self._some_paths(rng.choice((0, 1, 1))):
            self._put(files, self._retouched(self._here[path]))
        for path in self._some_paths(rng.choice((0, 1))):
            delivery = self._here[path]
            if delivery.rows:
                shorter = list(delivery.rows)[: rng.randrange(1, len(delivery.rows) + 1)]
                self._put(files, written(rng, path, delivery.entity, shorter, 0.02))
        if rng.random() < 0.5:
            # The same facts again, under a name that may come before or after the others.
            entity = rng.choice(EVENTS)
            rows = self._population.events[entity]
            again = rng.sample(rows, min(len(rows), 40))
            self._put(files, written(rng, event_path(rng, entity, 77), entity, again, 0.02))
        if rng.random() < 0.2:
            broken = [path for path in self._here if "zz-broken" in path]
            for path in broken[:1]:
                self._remove(files, path)

    def _some_paths(self, count: int) -> list[str]:
        exported = sorted(path for path, delivery in self._here.items() if delivery.rows)
        return self._rng.sample(exported, min(count, len(exported)))

    def _retouched(self, delivery: Delivery) -> Delivery:
        """The same name and the same size, but other digits: only the bytes tell."""
        content = bytearray(delivery.content)
        if not delivery.path.endswith((".csv", ".ndjson", ".jsonl")):
            return delivery
        header = content.find(b"\n")
        digits = [at for at in range(max(header, 0), len(content)) if 48 <= content[at] <= 57]
        for at in self._rng.sample(digits, min(3, len(digits))):
            content[at] = 48 + (content[at] - 47) % 10
        return Delivery(delivery.path, bytes(content), delivery.entity, delivery.rows)

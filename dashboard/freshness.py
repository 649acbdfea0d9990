"""What a page depends on besides its snapshot: what the store and the clock say as it is made."""

from datetime import datetime, timedelta
from typing import NamedTuple

from dashboard.context import Parts
from pipelines.publication.hold import Hold, held
from pipelines.publication.manifest import Checked, last_check

#: From when on a time is told in the next larger unit, in seconds.
_UNITS = ((86_400, "day"), (3_600, "hour"), (60, "minute"))


class Freshness(NamedTuple):
    """What the last refresh found, whether publication is held, and the job under way."""

    checked: Checked | None
    hold: Hold | None
    running: str | None


def freshness(parts: Parts) -> Freshness:
    """That of this moment."""
    running = parts.jobs.running
    job_id = None if running is None else running.job_id
    return Freshness(last_check(parts.root), held(parts.root), job_id)


class Ages:
    """How long ago times were, as of one moment; `until` is when the first of them is older."""

    def __init__(self, now: datetime) -> None:
        self._now = now
        self.until = datetime.max

    def ago(self, time: datetime) -> str:
        """How long ago a time was: "5 minutes ago"."""
        seconds = int((self._now - time).total_seconds())
        size, unit = next((one for one in _UNITS if seconds >= one[0]), (60, ""))
        count = max(0, seconds) // size
        self.until = min(self.until, time + timedelta(seconds=size * (count + 1)))
        return f"{count} {unit}{'' if count == 1 else 's'} ago" if unit else "just now"

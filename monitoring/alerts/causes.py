"""What is wrong, and what to do about it: after a refresh, and at any time."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from monitoring.alerts.alert import Cause, Findings
from monitoring.alerts.history import PastInput
from monitoring.alerts.unusual import judge
from pipelines.failures import Failure
from pipelines.publication.manifest import Checked
from pipelines.settings import Freshness
from pipelines.vocabulary import plural

_STAYS = "The last snapshot stays published."


def after_failure(error: Exception) -> Findings:
    """What a refresh says that raised this.

    Values of exports are left out: who is told need not be allowed to see them.
    """
    # Imported here: it brings the engines along, which whoever refreshes has.
    from pipelines.publication.publish import Refused

    if isinstance(error, Refused):
        said = "\n".join(f"- {complaint.summary}" for complaint in error.complaints)
        remedy = (
            f"{_STAYS} `beatxp rejects --pending` lists what would have been rejected. Mend or "
            "remove the files, raise the limit in [guards], or let it through once: "
            "`beatxp refresh --ignore-guards`."
        )
        cause = Cause("refused", "guards", "A guard refused a refresh", f"{said}\n{remedy}")
        return Findings([cause])
    if isinstance(error, Failure):
        subject, said = error.code, str(error)
    elif isinstance(error, OSError):
        subject, said = "system", f"{error}."
    else:
        subject = type(error).__name__
        said = f"{subject}: {error}\nThis is not foreseen: please report it."
    remedy = f"{_STAYS} Try `beatxp refresh` when this is mended."
    return Findings([Cause("failed", subject, "A refresh failed", f"{said}\n{remedy}")])


def after_success(history: Sequence[PastInput], now: datetime) -> Findings:
    """What a refresh says that published, or found nothing new."""
    input_found = of_input(history, now)
    return input_found._replace(right_kinds=frozenset(("failed", "refused", "stale")))


def of_input(history: Sequence[PastInput], now: datetime) -> Findings:
    """Whether the newest of these inputs is unusual, as far as that can be judged."""
    verdicts = judge(history, now)
    return Findings(
        [
            Cause(
                "unusual",
                verdict.subject,
                f"Unusual {verdict.subject.rpartition('.')[2]} of {verdict.entity}",
                f"{verdict.unusual}\nIt is published. `beatxp rejects --entity {verdict.entity}` "
                "lists what was rejected, with --unmatched what refers to something unknown, and "
                "`beatxp diff previous` what changed.",
            )
            for verdict in verdicts
            if verdict.unusual
        ],
        right_subjects=frozenset(v.subject for v in verdicts if not v.unusual),
    )


def of_age(checked: Checked | None, freshness: Freshness, now: datetime) -> Findings:
    """Whether the last refresh that ended well is too long ago. If there was none, nothing is."""
    if checked is None:
        return Findings([])
    age = now - checked.checked_at
    if age <= timedelta(minutes=freshness.fail_after_minutes):
        return Findings([], right_kinds=frozenset(("stale",)))
    return Findings(
        [
            Cause(
                "stale",
                "snapshot",
                "Nothing has been refreshed for too long",
                f"The last refresh that ended well was at {checked.checked_at:%Y-%m-%d %H:%M} UTC, "
                f"{plural(int(age / timedelta(minutes=1)), 'minute')} ago; "
                f"`fail_after_minutes` is {freshness.fail_after_minutes}.\nSee whether Dagster's "
                "daemon or cron still starts refreshes; `beatxp refresh` does it by hand.",
            )
        ]
    )

"""What went wrong, as a failed step says it: why, what to do, and whether it is tried again.

Dagster shows the description of the first step that failed at the top of the run's page, and with
the assets that the step did not make.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, NoReturn

import dagster as dg

from pipelines.failures import Failure
from pipelines.publication.publish import Refused
from pipelines.steps import tables_of
from pipelines.store.store import StoreBusy

#: How long a step waits, each time, before it tries again what the system would not do.
RETRY_AFTER_SECONDS: Final = (15, 60, 240)
#: On a run that failed: the code of the reason, from the table in docs/operations.md.
REASON_TAG: Final = "beatxp/failed"
#: The code of what the system would not do, as on the command line.
_SYSTEM: Final = "system"
_IGNORE_GUARDS: Final = (
    "In Dagster: launch the job `refresh` with `ignore_guards: true` in the config of `deliveries`."
)


class ResultMissingError(Exception):
    """A step cannot be performed: what it needs is not there for the request at hand."""

    def __init__(self, step: str) -> None:
        first = ", ".join(tables_of(step) or (step,))
        super().__init__(
            f"There is no result of the step `{step}` for the last request. "
            f"Materialize first: {first}."
        )


@contextmanager
def explained() -> Iterator[None]:
    """Turn what an operator can mend into a failed step that says it. Call it within a step.

    What may pass by itself (a disk, a mount, an export file that is being written) is tried again,
    a few times. A refusal or a mistake is not: it would be the same.
    """
    try:
        yield
    except ResultMissingError as error:
        raise dg.Failure(str(error), allow_retries=False) from None
    except Refused as error:
        metadata = {
            "guards": "\n".join(one.summary for one in error.complaints),
            "files": "\n".join(one.files for one in error.complaints if one.files),
        }
        _fail(error.code, dg.Failure(f"{error} {_IGNORE_GUARDS}", metadata, allow_retries=False))
    except Failure as error:
        failure = dg.Failure(str(error), allow_retries=False)
        # Who has waited for another refresh has waited long enough.
        _fail(error.code, failure, may_pass=error.may_pass and not isinstance(error, StoreBusy))
    except OSError as error:
        _fail(_SYSTEM, dg.Failure(f"{error}.", allow_retries=False), may_pass=True)


def _fail(code: str, failure: dg.Failure, may_pass: bool = False) -> NoReturn:
    context = dg.OpExecutionContext.get()
    if may_pass and context.retry_number < len(RETRY_AFTER_SECONDS):
        raise dg.RetryRequested(
            max_retries=len(RETRY_AFTER_SECONDS),
            seconds_to_wait=RETRY_AFTER_SECONDS[context.retry_number],
        ) from failure
    context.instance.add_run_tags(context.run_id, {REASON_TAG: code})
    raise failure from None

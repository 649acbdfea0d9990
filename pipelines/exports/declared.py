"""Whether what the settings say of files is so (specification, section 1: `columns`)."""

from collections.abc import Iterator

from pipelines.errors import did_you_mean, shown
from pipelines.exports.files import format_of
from pipelines.exports.ingest import Deliveries, Delivery
from pipelines.failures import UsageError
from pipelines.settings import Dialects
from pipelines.vocabulary import ENTITIES


class NoSuchColumn(UsageError):
    """The settings name columns that no file has."""

    code = "no_such_column"


def check_columns(dialects: Dialects, deliveries: Deliveries) -> None:
    """Raises NoSuchColumn for every name that files of an entity should have and none has."""
    mistakes = [
        mistake
        for entity in ENTITIES
        if dialects.of(entity).columns
        for mistake in _mistakes(dialects, entity, deliveries.files[entity])
    ]
    if mistakes:
        raise NoSuchColumn(
            "The settings name columns that no file has; nothing was published:\n"
            + "\n".join(f"  {mistake}" for mistake in mistakes)
        )


def _mistakes(dialects: Dialects, entity: str, files: list[Delivery]) -> Iterator[str]:
    told = [d.contribution for d in files if _tells_columns(d)]
    known = {name for account in told for name in account.unknown_columns}
    for column, theirs in dialects.of(entity).columns.items():
        if told and all(column in account.unseen for account in told):
            remedy = did_you_mean(theirs, known) if known else "no name is left that it could be."
            yield (
                f"exports.{entity}.columns.{column}: no file of {entity} has {shown(theirs)}; "
                f"{remedy}"
            )


def _tells_columns(delivery: Delivery) -> bool:
    """Whether a file was read far enough to know its columns; a JSON file without rows has none."""
    account = delivery.contribution
    if account.file_reason is not None:
        return account.file_reason == "file:columns"
    return bool(account.rows_read) or (format_of(delivery.path) or "")[0] != "ndjson"

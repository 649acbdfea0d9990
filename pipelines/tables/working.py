"""All tables between the exports and the snapshot: the store's own working tables."""

from collections.abc import Mapping
from itertools import chain
from typing import Final

from pipelines.tables import achievements, activity, exports, ledger
from pipelines.tables.declaration import Declaration

WORKING: Final[Mapping[str, Declaration]] = {
    table.name: table
    for table in chain(
        exports.DUMPS,
        exports.EVENTS,
        activity.CATALOGUE,
        activity.PLAY_TABLES,
        achievements.ACHIEVEMENTS,
        ledger.LEDGER,
        ledger.PROGRESS,
        ledger.OTHERS,
    )
}

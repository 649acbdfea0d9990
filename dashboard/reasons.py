"""Why a refresh failed, for viewers who may ask for one: nothing of the server's insides.

The server loads this, and none of the engines that the errors themselves bring along.
"""

from collections.abc import Mapping
from typing import Final

UNFORESEEN: Final = "Something went wrong in the program."
#: By the codes of docs/operations.md, which a run in Dagster has as a tag.
SENTENCES: Final[Mapping[str, str]] = {
    "bad_settings": "The server's settings have mistakes.",
    "bad_rulebook": "The rulebook has mistakes.",
    "damaged": "A file of the store is damaged.",
    "disk_full": "The server's disk is full.",
    "erased_list_damaged": "The list of erased ids is damaged.",
    "exports_changing": "Export files were changed while they were read: ask again later.",
    "held": "An earlier snapshot is shown on purpose: nothing is published until that ends.",
    "no_export_files": "There are no export files.",
    "out_of_memory": "The server has too little memory for it.",
    "refused": "A guard stopped it.",
    "store_busy": "Another refresh is at work: ask again later.",
    "system": "The server cannot read or write a file.",
    "unbalanced": "What was computed does not add up: a fault of the program.",
}

"""The sections of docs/exports.md: what a system is told to export, and the table for its files."""

import re
from pathlib import Path

DOCUMENT = Path(__file__).parents[3] / "docs/exports.md"
#: Files that systems wrote, in a folder for each section and form of files: `pandas.csv`.
FILES = Path(__file__).parent / "files"
_SECTION = re.compile(r"^## (.+)$", re.MULTILINE)
_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks() -> dict[str, dict[str, str]]:
    """The blocks of each section that has a table, by their language, by what links call it."""
    _, *parts = _SECTION.split(DOCUMENT.read_text())
    found = {
        title.lower().replace(" ", "-"): dict(_BLOCK.findall(text))
        for title, text in zip(parts[::2], parts[1::2], strict=True)
    }
    return {section: said for section, said in found.items() if "toml" in said}

"""What an HTML text holds, and what is wrong with it as a file that must stand for itself.

And what would keep it from being read by those who do not see it.
"""

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = {"meta", "br", "hr", "img", "input", "link", "wbr"}
#: Elements that fetch or run something.
FORBIDDEN = {"script", "link", "img", "iframe", "object", "embed", "base", "form", "image", "use"}

#: Elements that have a name of their own, and the element that is it.
NAMED = {"table": "caption", "figure": "figcaption"}
#: Attributes without which an element does not say what it is.
NEEDED: dict[str, tuple[str, ...]] = {"html": ("lang",), "th": ("scope",), "nav": ("aria-label",)}


@dataclass
class Page:
    """Texts outside of styles, tables by caption, headline figures, and faults."""

    text: str = ""
    faults: list[str] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)
    tables: dict[str, list[list[str]]] = field(default_factory=dict)
    """Rows of cells, the titles first."""
    tiles: dict[str, str] = field(default_factory=dict)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.page = Page()
        self._open: list[str] = []
        self._anchors: list[str] = []
        self._caption = self._tile = ""
        self._heading = 0
        self._named: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.page.tags.append(tag)
        if tag == "table":
            self._caption = ""
        elif tag == "tr":
            self.page.tables.setdefault(self._caption, []).append([])
        elif tag in ("td", "th"):
            self.page.tables[self._caption][-1].append("")
        if tag not in VOID:
            self._open.append(tag)
        self._look(tag, attrs)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.page.tags.append(tag)
        self._look(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        if not self._open or self._open.pop() != tag:
            self.page.faults.append(f"</{tag}> closes nothing")
        if tag in NAMED and self._named.pop() == tag:
            self.page.faults.append(f"<{tag}> without <{NAMED[tag]}>")

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1] == "style":
            if re.search(r"url\(|@import|expression", data):
                self.page.faults.append("the style sheet refers to something")
            return
        self.page.text += data
        within = set(self._open)
        if "caption" in within:
            self._caption += data
        elif within & {"td", "th"}:
            self.page.tables[self._caption][-1][-1] += data
        elif "ul" in within and "a" in within and self._open[-1] == "span":
            self._tile = data
        elif "ul" in within and "a" in within and self._open[-1] == "strong":
            self.page.tiles[self._tile] = data

    def _look(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in FORBIDDEN:
            self.page.faults.append(f"<{tag}>")
        self._listen(tag, dict(attrs))
        for name, value in attrs:
            given = value or ""
            if name == "id":
                self.page.ids.append(given)
            if name.startswith("on") or name in ("src", "srcset", "action", "data", "style"):
                self.page.faults.append(f"{tag} has {name}={given}")
            if name.endswith("href"):
                self._anchors.append(given)
            if re.search(r"(https?:)?//", given):
                self.page.faults.append(f"{tag} has {name}={given}")

    def _listen(self, tag: str, attrs: dict[str, str | None]) -> None:
        """What a screen reader needs to say what this is."""
        if tag in NAMED:
            self._named.append(tag)
        elif self._named and NAMED.get(self._named[-1]) == tag:
            self._named[-1] = ""
        if re.fullmatch("h[1-6]", tag):
            level = int(tag[1])
            if level > self._heading + 1:
                self.page.faults.append(f"<{tag}> below level {self._heading}")
            self._heading = level
        needed = NEEDED.get(tag, ())
        if tag == "svg" or "tabindex" in attrs:
            needed = ("role", "aria-label")
        missing = [name for name in needed if not attrs.get(name)]
        self.page.faults += [f"<{tag}> without {name}" for name in missing]

    def close(self) -> None:
        super().close()
        page = self.page
        page.faults += [f"<{tag}> stays open" for tag in self._open]
        page.faults += [f"id {one} comes twice" for one in page.ids if page.ids.count(one) > 1]
        page.faults += [
            f"{link} leads nowhere"
            for link in self._anchors
            if link[:1] != "#" or link[1:] not in page.ids
        ]


def read(text: str) -> Page:
    """Read an HTML text. No fault: it is well-formed and refers to nothing but itself."""
    reader = _Reader()
    reader.feed(text)
    reader.close()
    return reader.page

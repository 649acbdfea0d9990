"""A random table `[exports.<entity>]` for each entity, fit for the cells that the entity has."""

from collections.abc import Collection, Mapping
from random import Random
from typing import Any

from tests.worlds.columns import KINDS, SNAPSHOTS

from .ids import DOMAINS, Texts

Table = dict[str, Any]

ZONES = (
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "America/St_Johns",
    "Asia/Kolkata",
    "Etc/GMT+5",
    # Half an hour of summer time, and zones whose clocks change within the worlds of 2024.
    "Australia/Lord_Howe",
    "Africa/Casablanca",
    "America/Asuncion",
    "America/Havana",
    "Asia/Beirut",
)
TEMPLATES = (
    "{YYYY}{MM}{DD}-{HH}{mm}",
    "{YYYY}{MM}{DD}{HH}{mm}{ss}",
    "{DD}.{MM}.{YYYY} {HH}h{mm}",
    "{DD}-{MM}-{YYYY}_{HH}.{mm}.{ss}",
    "{HH}{mm}/{DD}{MM}{YYYY}",
    "y{YYYY}/m{MM}/d{DD}/{HH}-{mm}",
    "dump[{YYYY}_{MM}{DD}]+{HH}+{mm}",
)
_NULLS = ("NULL", "null", "None", "nan", "(null)", "n/a", "#N/A", "-", "0000-00-00", "NULL ")
_PREFIXES = ("payload", "payload.after", "payload.after.row", "meta", "_source")
_RENAMED = ("{}_x", "{} Name", "{}.raw", "\u00fc {}", "x-{}", "{}?", '"{}"', "'{}'", "${}")
_DELIMITERS = (";", "|", "\t", "\x01", "^", "~", ":")
_WORDS: Mapping[str, tuple[dict[str, Any], ...]] = {
    "status": (
        {"1": "published", "0": "draft", "2": "removed", "on": "active", "off": "suspended"},
        {"true": "published", "false": "draft", "live": "published"},
        {"active": "suspended", "suspended": "active", "published": "removed", "removed": "draft"}
        | {"draft": "published"},
        {"A": "active", "S": "suspended", "PUB": "published"},
    ),
    "listed": ({"Y": True, "N": False}, {"1": "true", "0": "false"}, {"true": False, "no": True}),
    "profile_completion": ({"full": 100, "none": 0, "-1": 50}, {"0": 100, "100": 0}),
    "seconds_played": ({"skip": 0, "half": "30", "true": 31},),
    "achievement_id": ({"7": "beta", "8": "Staff pick \U0001f3a7"},),
    "bpm": ({"fast": 140, "1.5": 90},),
    "musical_key": ({"0": "C", "6": "F#m"},),
    "producer_id": ({"house": 1, "two": "2"},),
    "track_id": ({"first": 1},),
    "amount_cents": ({"free": 0, "99.5": 9_900},),
}


def random_table(rng: Random, entity: str, texts: Texts, cells: Collection[str]) -> Table:
    """How the files of an entity differ; `cells` are all texts that stand in any of them now."""
    table: Table = {}
    if rng.random() < 0.4:
        table["folder"] = rng.choice(("raw/{}", "{}_v2", "dwh/2026-01-02/{}", "\u00e9 {}")).format(
            entity
        )
    if rng.random() < 0.6:
        table["columns"] = _columns(rng, entity)
    _dialect(rng, table, entity, cells)
    if rng.random() < 0.4:
        free = [word for word in _NULLS if word not in cells]
        table["nulls"] = rng.sample(free, rng.choice((1, 2)))
    if rng.random() < 0.5:
        values = {
            column: words
            for column in KINDS[entity]
            if column in _WORDS and column not in texts.columns and rng.random() < 0.7
            for words in [rng.choice(_WORDS[column])]
            if not set(words) & set(table.get("nulls", ()))
        }
        if values:
            table["values"] = values
    if rng.random() < 0.5:
        table["timezone"] = rng.choice(ZONES)
    if entity in SNAPSHOTS and rng.random() < 0.4:
        table["stamp"] = rng.choice(TEMPLATES)
    ids = [column for column in KINDS[entity] if column in texts.columns]
    if ids:
        table["text_ids"] = ids
    return table


def _columns(rng: Random, entity: str) -> dict[str, str]:
    """Other names, paths, or the names of each other."""
    ours = list(KINDS[entity])
    chosen = rng.sample(ours, rng.randrange(1, len(ours) + 1))
    if rng.random() < 0.2 and len(chosen) > 1:
        return dict(zip(chosen, chosen[1:] + chosen[:1], strict=True))
    found = {}
    for column in chosen:
        if rng.random() < 0.4:
            found[column] = f"{rng.choice(_PREFIXES)}.{rng.choice(('', 'its '))}{column}"
        else:
            found[column] = rng.choice(_RENAMED).format(column)
    return found


def _dialect(rng: Random, table: Table, entity: str, cells: Collection[str]) -> None:
    if rng.random() < 0.4:
        table["delimiter"] = rng.choice(_DELIMITERS)
    if rng.random() < 0.4:
        table["escape"] = rng.choice(("\\", "\\", "\\", "!"))
    form = rng.random()
    if form < 0.2:
        table["quote"] = rng.choice(("'", "`"))
    elif form < 0.4:
        special = {"\r", "\n", "\t", table.get("delimiter", ",")}
        # Times are written anew.
        plain = ":" not in special and not any(mark in c for c in cells for mark in special)
        if "escape" in table or plain:
            table["quote"] = ""
    if rng.random() < 0.3:
        names = [table.get("columns", {}).get(column, column) for column in KINDS[entity]]
        header = [*names, *rng.sample(("mystery", "", " "), rng.choice((0, 1, 2)))]
        rng.shuffle(header)
        table["header"] = header


def random_texts(rng: Random) -> Texts:
    """Which ids are texts in all entities, and what these look like."""
    if rng.random() < 0.5:
        return Texts({})
    forms = ("uuid", "object", "word", "decimal")
    domains = sorted(set(DOMAINS.values()))
    chosen = rng.sample(domains, rng.randrange(1, len(domains) + 1))
    return Texts({domain: rng.choice(forms) for domain in chosen})


def other_table(rng: Random, entity: str, table: Table) -> Table:
    """Another table for the same files, by which they say something else, or nothing."""
    table = dict(table)
    changes: dict[str, Any] = {
        "timezone": rng.choice(ZONES),
        "nulls": rng.sample(("1", "7", "0", "a.png", "trap", "active", "2024-02-05"), 2),
        "values": {
            column: rng.choice(_WORDS[column]) for column in KINDS[entity] if column in _WORDS
        },
        "text_ids": [column for column in KINDS[entity] if column in DOMAINS],
        "escape": rng.choice(("\\", "!")),
        "quote": rng.choice(("", "'")),
    }
    if entity in SNAPSHOTS:
        changes["stamp"] = rng.choice(TEMPLATES)
    for key in rng.sample(sorted(changes), rng.choice((1, 1, 2))):
        if key in table and rng.random() < 0.5:
            del table[key]
        elif changes[key]:
            table[key] = changes[key]
    if "columns" in table and rng.random() < 0.3:
        names = table["columns"]
        table["columns"] = dict(zip(names, rng.sample([*names.values()], len(names)), strict=True))
    return table

"""What entities, boards, sources and metrics are called, and how amounts of them are written."""

import unicodedata

#: The columns of export files by entity (specification, section 1); dumps come first, then events.
COLUMNS = {
    "producers": (
        "producer_id",
        "display_name",
        "joined_at",
        "profile_completion",
        "status",
        "user_id",
        "listed",
    ),
    "tracks": (
        "track_id",
        "producer_id",
        "title",
        "status",
        "published_at",
        "updated_at",
        "artwork",
        "description",
        "genres",
        "tags",
        "musical_key",
        "scale",
        "collection",
        "bpm",
    ),
    "credits": ("track_id", "producer_id", "credited_at"),
    "plays": ("play_id", "track_id", "played_at", "listener_id", "seconds_played"),
    "earnings": ("earning_id", "producer_id", "amount_cents", "earned_at", "track_id"),
    "grants": (
        "grant_id",
        "producer_id",
        "achievement_id",
        "granted_at",
        "granted_by",
        "note",
    ),
    "adjustments": (
        "adjustment_id",
        "producer_id",
        "xp",
        "adjusted_at",
        "reason",
        "adjusted_by",
    ),
}
#: Kinds of export files: each has a folder of its own.
ENTITIES = tuple(COLUMNS)
#: Titles of boards.
CATEGORIES = {
    "overall": "Overall",
    "quality": "Quality",
    "uploads": "Uploads",
    "plays": "Plays",
    "points": "Points",
    "earnings": "Earnings",
    "collaboration": "Collaboration",
}
PERIODS = {"all_time": "All time", "month": "Month", "week": "Week"}
#: What a board's score is.
SCORES = {
    "overall": "Score of 100",
    "quality": "% filled in",
    "uploads": "Uploads",
    "plays": "Plays",
    "points": "XP",
    "earnings": "Earned",
    "collaboration": "Collaborations",
}
#: Boards whose scores are in hundredths.
HUNDREDTHS = ("earnings", "quality", "overall")
#: What turns a text around, and the two code points that XML has no place for.
_UNSEEN = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufffe\uffff"
#: Letters and symbols that are drawn as nothing: fillers of Hangul, and Braille without a dot.
_BLANK = "\u115f\u1160\u3164\uffa0\u2800"
_UNITS = {"uploads": "uploads", "plays": "plays", "points": "XP", "collaboration": "collaborations"}

#: Sources of XP with what their quantity counts.
SOURCES = {
    "upload": "uploads",
    "play": "plays",
    "metadata": "complete tracks",
    "collaboration": "collaborations",
    "achievement": "achievements",
    "adjustment": "adjustments",
}
#: The same as the first cell of a row, or a legend.
SOURCE_TITLES = {source: name.capitalize() for source, name in SOURCES.items()}
#: What a producer does for it.
ACTIONS = {
    "upload": "Publish a track",
    "play": "Get a track played",
    "metadata": "Complete a track's details",
    "collaboration": "Make a track together",
    "achievement": "Unlock achievements",
    "adjustment": "Adjustments",
}
#: What a threshold counts, by metric; earnings are written as money.
GOALS = {
    "uploads": "uploads",
    "complete_tracks": "complete tracks",
    "collaborations": "collaborations",
    "plays": "plays",
    "partners": "partners",
    "track_plays": "plays of one track",
    "day_plays": "plays in one day",
    "upload_streak": "weeks in a row",
    "earnings": "earned",
    "level": "XP",
}
#: Sections of a rulebook, in the order in which its changes are listed.
RULE_SECTIONS = {
    "rulebook": "Name and version",
    "metadata": "Complete tracks",
    "collaboration": "Collaborations",
    "plays": "Plays",
    "rates": "Rates",
    "boosts": "Boosts",
    "daily_caps": "Daily caps",
    "levels": "Levels",
    "achievements": "Achievements",
    "weights": "Overall leaderboard",
}


def board_title(category: str, period: str) -> str:
    """A board in a list: "Plays, all time"."""
    return f"{CATEGORIES[category]}, {PERIODS[period].lower()}"


class Amounts:
    """Amounts with their units. Who reads another language overrides `number` and `money`."""

    def number(self, number: int) -> str:
        """A whole number."""
        return f"{number:,}"

    def money(self, cents: int) -> str:
        """Cents as a decimal amount; the exports name no currency."""
        return f"{'-' if cents < 0 else ''}{abs(cents) // 100:,}.{abs(cents) % 100:02}"

    def plural(self, number: int, thing: str) -> str:
        """A number with what it counts: "1 file", "2 files"; a change by one is "-1 file"."""
        return f"{self.number(number)} {thing}{'' if abs(number) == 1 else 's'}"

    def amount(self, metric: str, value: int) -> str:
        """How much of a metric: money for earnings, else a number."""
        return self.money(value) if metric == "earnings" else self.number(value)

    def score(self, category: str, value: int) -> str:
        """A board's score without its unit."""
        return self.money(value) if category in HUNDREDTHS else self.number(value)

    def gap(self, category: str, value: int) -> str:
        """A difference between two scores of a board, with its unit."""
        match category:
            case "earnings":
                return self.money(value)
            case "quality":
                return f"{self.money(value)} percentage points"
            case "overall":
                return f"{self.money(value)} points"
            case _:
                return f"{self.number(value)} {score_unit(category, value)}"


def score_unit(category: str, value: int | None = None) -> str:
    """What a board's score counts, also after "1" and "-1"."""
    match category:
        case "earnings":
            return "earned"
        case "quality":
            return "% of details filled in"
        case "overall":
            return "of 100"
        case "points":
            return "XP"
        case _:
            one = value is not None and abs(value) == 1
            return _UNITS[category].removesuffix("s") if one else _UNITS[category]


def is_visible(text: str) -> bool:
    """Whether a reader sees anything of a text: a letter, number, sign or symbol."""
    first = text[:1]
    return (first.isascii() and first.isalnum()) or any(
        unicodedata.category(character)[0] in "LNPS" and character not in _BLANK
        for character in text
    )


def printable(text: str) -> str:
    """Untrusted text on one line, with control characters as escapes."""
    return "".join(
        character.encode("unicode_escape").decode()
        if character in _UNSEEN or unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp")
        else character
        for character in text
    )


_ENGLISH = Amounts()
money, plural, amount = _ENGLISH.money, _ENGLISH.plural, _ENGLISH.amount
score, gap = _ENGLISH.score, _ENGLISH.gap

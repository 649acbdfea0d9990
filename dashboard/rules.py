"""How XP works, in numbers: what the published snapshot's rulebook says now (section 3)."""

from datetime import date, timedelta
from functools import lru_cache

from dashboard.index.index import Index
from dashboard.models import Boost, HowXpWorks, LevelOf, Rate, Weight
from pipelines.rulebook import RATED_SOURCES, Rulebook, parse_rulebook
from pipelines.rulebook.model import Source
from pipelines.rulebook.tables import rate_on, rate_steps

#: How long boosts that are over are shown.
_SHOWN_FOR = timedelta(days=365)


def how_xp_works(index: Index) -> HowXpWorks | None:
    """The rules that were in force on the last day that counts, and what is announced.

    None if the snapshot does not say, since an early version published it.
    """
    text = index.manifest.rulebook
    return _how(text, index.last_day) if text else None


@lru_cache(maxsize=8)
def _how(text: str, day: date) -> HowXpWorks:
    rulebook = parse_rulebook(text.encode(), "the published rulebook")
    boosts = [
        Boost(source=b.source, percent=b.percent, first=b.from_day, until=b.until_day)
        for b in sorted(rulebook.boosts, key=lambda boost: boost.from_day)
    ]
    awards = [one.xp for one in rulebook.achievements if one.xp]
    return HowXpWorks(
        name=rulebook.name,
        version=rulebook.version,
        on=day,
        rates=[_rate(rulebook, source, day) for source in RATED_SOURCES],
        boosts=[boost for boost in boosts if boost.until > day],
        past_boosts=[b for b in reversed(boosts) if day - _SHOWN_FOR < b.until <= day],
        metadata_fields=list(rulebook.metadata.fields),
        complete_at_percent=rulebook.metadata.complete_at_percent,
        play_min_profile_completion=rulebook.collaboration.play_min_profile_completion,
        min_seconds=rulebook.plays.min_seconds,
        count_self_plays=rulebook.plays.count_self_plays,
        max_per_listener_track_day=rulebook.plays.max_per_listener_track_day,
        achievement_xp_least=min(awards, default=None),
        achievement_xp_most=max(awards, default=None),
        levels=[
            LevelOf(level=one.level, title=one.title, min_xp=one.min_xp) for one in rulebook.levels
        ],
        weights=[
            Weight(category=category, weight=weight)
            for category, weight in rulebook.weights.model_dump().items()
            if weight
        ],
    )


def _rate(rulebook: Rulebook, source: Source, day: date) -> Rate:
    """A source's rate on a day, the boost that is on, the cap, and the change that is next."""
    xp, percent = rate_on(rulebook, source, day)
    coming = ((start, worth) for start, worth in rate_steps(rulebook, source) if start > day)
    next_from, next_xp = next(coming, (None, None))
    return Rate(
        source=source,
        xp=xp,
        percent=percent,
        xp_now=xp * percent // 100,
        daily_cap=getattr(rulebook.daily_caps, source),
        next_xp=next_xp,
        next_from=next_from,
    )

"""Activity that follows from the dumps alone: uploads, metadata, collaborations, who earns plays.

(Specification, section 2.)
"""

from datetime import datetime

import polars as pl

from pipelines.exports.dumps import Dumps
from pipelines.rulebook.tables import collaboration_rule, metadata_rule, play_rules
from pipelines.run import Run
from pipelines.store.results import StepResult
from pipelines.store.store import key_of
from pipelines.tables import Table


class Catalogue(StepResult, frozen=True):
    """Tables of activity, and between which times as_of leaves them as they are.

    They hold for every as_of in (last_before, next_from]; None = no such time.
    """

    collaborators: Table
    uploads: Table
    metadata_completions: Table
    collaborations: Table
    partners: Table
    attribution: Table
    self_listeners: Table
    last_before: datetime | None
    next_from: datetime | None


def build_catalogue(run: Run, dumps: Dumps) -> Catalogue:
    """Derive the activity of all producers from the current and the visible dumps."""
    around = run.engine.query(
        "incremental/visibility_times",
        tracks=dumps.tracks,
        credits=dumps.credits,
        first_complete=dumps.first_complete,
        producers=dumps.producers,
        parameters=run.parameters,
    )
    last_before, next_from = around.row(0)
    metadata = run.rulebook.section_key("metadata")
    collaboration = run.rulebook.section_key("collaboration")
    # The time that decides which rows count, in place of as_of itself: the key is the same for
    # every as_of between two such times.
    known = key_of(dumps.producers, dumps.tracks, dumps.credits, last_before)

    def derive(name: str, key: str, **inputs: Table | pl.DataFrame) -> Table:
        return run.store.remember(
            name,
            key_of(key, list(inputs)),
            lambda: run.engine.query(f"activity/{name}", **inputs),
        )

    current = {"producers": dumps.producers, "tracks": dumps.tracks}
    collaborators = derive(
        "collaborators", known, **current, credits=dumps.credits, parameters=run.parameters
    )
    uploads = derive(
        "uploads",
        key_of(known, metadata),
        **current,
        parameters=run.parameters,
        metadata_rule=metadata_rule(run.rulebook),
    )
    completions = derive(
        "metadata_completions",
        key_of(uploads, dumps.first_complete, last_before, metadata),
        uploads=uploads,
        first_complete=dumps.first_complete,
        parameters=run.parameters,
        metadata_rule=metadata_rule(run.rulebook),
    )
    collaborations = derive(
        "collaborations",
        known,
        **current,
        collaborators=collaborators,
        parameters=run.parameters,
    )
    partners = derive("partners", key_of(collaborations), collaborations=collaborations)
    attribution = derive(
        "attribution",
        key_of(known, dumps.profile_history, collaboration),
        **current,
        collaborators=collaborators,
        profile_history=dumps.profile_history,
        collaboration_rule=collaboration_rule(run.rulebook),
    )
    self_listeners = Table("self_listeners")
    if not run.rulebook.plays.count_self_plays:
        self_listeners = derive(
            "self_listeners",
            known,
            **current,
            collaborators=collaborators,
            play_rules=play_rules(run.rulebook),
        )
    return Catalogue(
        collaborators=collaborators,
        uploads=uploads,
        metadata_completions=completions,
        collaborations=collaborations,
        partners=partners,
        attribution=attribution,
        self_listeners=self_listeners,
        last_before=last_before,
        next_from=next_from,
    )

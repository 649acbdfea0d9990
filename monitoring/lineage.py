"""Lineage: each refresh as a run of the job `refresh`, told in the events of OpenLineage.

Where to is for OpenLineage's own environment variables to say (`OPENLINEAGE_URL`,
`OPENLINEAGE_CONFIG`, `OPENLINEAGE__TRANSPORT__...`); where there are none, nothing is imported.
Inputs are the folders of the export files, outputs the published tables.
"""

import traceback
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from pipelines.publication.manifest import Manifest
from pipelines.settings import Settings
from pipelines.tables import PUBLISHED
from pipelines.vocabulary import ENTITIES

_NAMESPACE: Final = "OPENLINEAGE_NAMESPACE"
#: As OpenLineage names datasets in a local file system.
_FILES: Final = "file"
_PRODUCER: Final = "https://pypi.org/project/beatxp"


def is_wanted(environment: Mapping[str, str]) -> bool:
    """Whether the environment says where events go."""
    if environment.get("OPENLINEAGE_DISABLED", "").strip().lower() == "true":
        return False
    return any(
        name in ("OPENLINEAGE_URL", "OPENLINEAGE_CONFIG")
        or name.startswith("OPENLINEAGE__TRANSPORT")
        for name in environment
    )


class LineageRun:
    """The events of one refresh. Every method raises whatever the transport does."""

    def __init__(self, settings: Settings, environment: Mapping[str, str]) -> None:
        from openlineage.client import OpenLineageClient
        from openlineage.client.uuid import generate_new_uuid

        self._settings = settings
        self._namespace = environment.get(_NAMESPACE, "beatxp")
        self._client = OpenLineageClient()
        self._run_id = str(generate_new_uuid())

    def start(self, now: datetime) -> None:
        """A refresh begins; times are UTC without a zone."""
        self._emit("START", now)

    def complete(self, now: datetime, published: Manifest | None) -> None:
        """It ended well; `published` is the snapshot if it is a new one."""
        self._emit("COMPLETE", now, published=published)
        self._client.close()

    def fail(self, now: datetime, error: Exception) -> None:
        """It was refused, or failed."""
        from openlineage.client.facet_v2 import error_message_run

        facet = error_message_run.ErrorMessageRunFacet(
            message=str(error),
            programmingLanguage="Python",
            stackTrace="".join(traceback.format_exception(error)),
        )
        self._emit("FAIL", now, run_facets={"errorMessage": facet})
        self._client.close()

    def _emit(
        self,
        event: str,
        now: datetime,
        published: Manifest | None = None,
        run_facets: Mapping[str, Any] | None = None,
    ) -> None:
        from openlineage.client.event_v2 import InputDataset, Job, Run, RunEvent, RunState
        from openlineage.client.facet_v2 import job_type_job

        facet = job_type_job.JobTypeJobFacet(
            processingType="BATCH", integration="BEATXP", jobType="JOB"
        )
        project = self._settings.project
        self._client.emit(
            RunEvent(
                eventType=RunState[event],
                eventTime=now.replace(tzinfo=UTC).isoformat(),
                run=Run(self._run_id, facets=dict(run_facets or {})),
                job=Job(self._namespace, "refresh", facets={"jobType": facet}),
                producer=_PRODUCER,
                inputs=[
                    InputDataset(_FILES, str(project.exports / self._settings.exports.folder(name)))
                    for name in ENTITIES
                    if (project.exports / self._settings.exports.folder(name)).is_dir()
                ],
                outputs=[] if published is None else self._outputs(published),
            )
        )

    def _outputs(self, manifest: Manifest) -> list[Any]:
        from openlineage.client.event_v2 import OutputDataset
        from openlineage.client.facet_v2 import (
            dataset_version_dataset,
            output_statistics_output_dataset,
            schema_dataset,
        )

        version = dataset_version_dataset.DatasetVersionDatasetFacet(
            datasetVersion=manifest.snapshot.snapshot_id
        )
        return [
            OutputDataset(
                _FILES,
                str(self._settings.project.store / "tables" / name),
                facets={
                    "version": version,
                    "schema": schema_dataset.SchemaDatasetFacet(
                        fields=[
                            schema_dataset.SchemaDatasetFacetFields(
                                column.name, type=str(column.dtype), description=column.meaning
                            )
                            for column in PUBLISHED[name].columns
                        ]
                    ),
                },
                outputFacets={
                    "outputStatistics": (
                        output_statistics_output_dataset.OutputStatisticsOutputDatasetFacet(
                            rowCount=sum(part.rows for part in parts),
                            size=sum(part.bytes for part in parts),
                            fileCount=len(parts),
                        )
                    )
                },
            )
            for name, parts in manifest.tables.items()
        ]

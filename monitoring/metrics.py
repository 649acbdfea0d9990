"""A store's metrics for Prometheus: in a file for node_exporter's textfile collector, and on the
dashboard's `/metrics`.

Times are given as timestamps, from which Prometheus computes ages whenever it is asked: a file that
nobody writes any more must not stay young.
"""

import os
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from prometheus_client import CollectorRegistry, write_to_textfile
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from monitoring.record import RESULTS, VERDICTS, Record, read_record


class StoreMetrics(Collector):
    """What the record of a store's last refresh says, and how much disk there is.

    Nothing is measured until somebody asks, and the store's size once for each refresh.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._measured: tuple[datetime, int] | None = None

    def collect(self) -> Iterator[Metric]:
        """All metrics; none if no refresh has left a record."""
        record = read_record(self._root)
        if record is None:
            return
        yield from _of_refresh(record)
        yield from _of_input(record)
        yield GaugeMetricFamily(
            "beatxp_store_bytes",
            "What the files of the store take, those included that snapshots share.",
            self._size(record),
        )
        yield GaugeMetricFamily(
            "beatxp_disk_free_bytes",
            "What is free on the disk of the store.",
            shutil.disk_usage(self._root).free,
        )

    def _size(self, record: Record) -> int:
        if self._measured is None or self._measured[0] != record.ended_at:
            self._measured = (record.ended_at, folder_bytes(self._root))
        return self._measured[1]


def write_metrics(root: Path, file: Path) -> None:
    """Replace the file by the metrics of a store, whole. Raises OSError."""
    registry = CollectorRegistry()
    registry.register(StoreMetrics(root))
    write_to_textfile(str(file), registry)


def folder_bytes(folder: Path) -> int:
    """The bytes of all files below a folder; what goes meanwhile counts as gone."""
    total, folders = 0, [str(folder)]
    while folders:
        try:
            with os.scandir(folders.pop()) as entries:
                for entry in entries:
                    try:
                        if entry.is_dir(follow_symlinks=False):
                            folders.append(entry.path)
                        else:
                            total += entry.stat(follow_symlinks=False).st_size
                    except FileNotFoundError:
                        continue
        except FileNotFoundError:
            continue
    return total


def _of_refresh(record: Record) -> Iterator[Metric]:
    ended = CounterMetricFamily(
        "beatxp_store_refreshes", "Refreshes of the store, by how they ended.", labels=["result"]
    )
    for result in RESULTS:
        ended.add_metric([result], record.ended.get(result, 0))
    yield ended
    yield GaugeMetricFamily(
        "beatxp_last_refresh_timestamp_seconds",
        "When the last refresh ended, however it did.",
        _timestamp(record.ended_at),
    )
    yield GaugeMetricFamily(
        "beatxp_last_refresh_ok",
        "1 if the last refresh published, or found nothing new; 0 if it was refused or failed.",
        float(record.result in ("published", "up_to_date")),
    )
    yield GaugeMetricFamily(
        "beatxp_last_refresh_seconds",
        "How long the last refresh took, waiting for another one included.",
        record.seconds,
    )
    steps = GaugeMetricFamily(
        "beatxp_last_refresh_step_seconds",
        "How long each step of the last refresh took; some are performed side by side.",
        labels=["step"],
    )
    for step, seconds in record.steps.items():
        steps.add_metric([step], seconds)
    yield steps


def _of_input(record: Record) -> Iterator[Metric]:
    published = record.published
    if published is None:
        return
    yield GaugeMetricFamily(
        "beatxp_snapshot_timestamp_seconds",
        "When the current snapshot was published.",
        _timestamp(published.published_at),
    )
    if published.data_through is not None:
        yield GaugeMetricFamily(
            "beatxp_data_through_timestamp_seconds",
            "The newest event or dump in the current snapshot.",
            _timestamp(published.data_through),
        )
    yield GaugeMetricFamily(
        "beatxp_producers", "Producers of the current snapshot.", published.producers
    )
    rows = GaugeMetricFamily(
        "beatxp_rows",
        "Rows of the current snapshot's export files: read = accepted + duplicates + rejected; "
        "unmatched are accepted ones that refer to something unknown.",
        labels=["entity", "verdict"],
    )
    files = GaugeMetricFamily(
        "beatxp_files",
        "Export files of the current snapshot, rejected ones included.",
        labels=["entity"],
    )
    rejected_files = GaugeMetricFamily(
        "beatxp_rejected_files",
        "Export files of the current snapshot that were rejected as a whole.",
        labels=["entity"],
    )
    for entity, counts in published.rows.items():
        for verdict in VERDICTS:
            rows.add_metric([entity, verdict], getattr(counts, verdict))
        files.add_metric([entity], counts.files)
        rejected_files.add_metric([entity], counts.rejected_files)
    yield from (rows, files, rejected_files)


def _timestamp(time: datetime) -> float:
    return time.replace(tzinfo=UTC).timestamp()

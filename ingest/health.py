"""Health that means progress: ready where the next webhook would be stored."""

import asyncio
from functools import partial
from typing import Final

from ingest.configuration import Configuration
from ingest.durable.log import DurableLog
from ingest.durable.spool_directory import KEPT
from ingest.durable.spool_troubles import Trouble
from ingest.http.crowd import Crowd
from ingest.metrics import IngestMetrics
from ingest.webhooks import Webhooks
from runtime.health import Readiness

_SPOOL_FULL_FROM: Final = 0.95
_NAMED_MAX: Final = 20
"""Of partitions and files that are named; the metrics count all."""


def readiness(
    durable_log: DurableLog, webhooks: Webhooks, configuration: Configuration, stopping: asyncio.Event
) -> Readiness:
    """Return whether the next webhook would be stored, and where. A new configuration that is refused is named: the old one
    serves, so that it is no reason to take this process out.
    """
    spool = durable_log.spool
    fill = spool.used_bytes / spool.bytes_max
    why_no_spool = spool.why_not_writable or ("full" if spool.is_full or fill >= _SPOOL_FULL_FROM else "")
    why_not = []
    if stopping.is_set():
        why_not.append("it drains, to stop")
    if why_no_spool and not durable_log.takes_records:
        why_not.append(
            f"Kafka is away ({durable_log.why_away or 'it is late'}), and the spool takes no records: {why_no_spool}"
        )
    return Readiness(
        tuple(why_not),
        {
            "stopping": stopping.is_set(),
            "kafka": "takes records" if durable_log.takes_records else "away",
            "kafka_why": durable_log.why_away,
            "partitions_away": durable_log.partitions_away[:_NAMED_MAX],
            "spool": f"takes no records: {why_no_spool}" if why_no_spool else "takes records",
            "spool_fill": round(fill, 4),
            "spool_age_s": round(spool.age_s, 1),
            "spool_kept_bytes": sum(spool.kept_bytes.values()),
            "spool_troubles": durable_log.troubles.sentences()[:_NAMED_MAX],
            "sources": len(webhooks.endpoints),
            "configuration": f"refused: {configuration.trouble}" if configuration.trouble else "in use",
        },
    )


def show(metrics: IngestMetrics, durable_log: DurableLog, webhooks: Webhooks, crowd: Crowd) -> None:
    """Show what is asked for only when the metrics are read."""
    metrics.connections.set_function(lambda: len(crowd))
    metrics.in_flight.set_function(lambda: webhooks.in_flight)
    metrics.kafka_connected.set_function(lambda: durable_log.is_connected)
    metrics.spool_bytes.set_function(lambda: durable_log.spool.size_bytes)
    metrics.spool_age.set_function(lambda: durable_log.spool.age_s)
    metrics.spool_writable.set_function(lambda: not durable_log.spool.why_not_writable)
    metrics.partitions_away.set_function(lambda: len(durable_log.partitions_away))
    for suffix in KEPT:
        metrics.spool_kept.labels(suffix.removeprefix(".")).set_function(
            partial(lambda suffix: durable_log.spool.kept_bytes.get(suffix, 0), suffix)
        )
    for trouble in Trouble:
        metrics.spool_troubles.labels(trouble.value).set_function(partial(durable_log.troubles.count, trouble))

"""Health that means progress: ready where the next webhook would be stored."""

import asyncio
from typing import Final

from ingest.configuration import Configuration
from ingest.durable.log import DurableLog
from ingest.http.crowd import Crowd
from ingest.metrics import IngestMetrics
from ingest.webhooks import Webhooks
from runtime.health import Readiness

_SPOOL_FULL_FROM: Final = 0.95


def readiness(
    durable_log: DurableLog, webhooks: Webhooks, configuration: Configuration, stopping: asyncio.Event
) -> Readiness:
    """Return whether the next webhook would be stored, and where. A new configuration that is refused is named: the old one
    serves, so that it is no reason to take this process out.
    """
    spool = durable_log.spool
    fill = spool.size_bytes / spool.bytes_max
    spool_takes = durable_log.is_spool_writable and fill < _SPOOL_FULL_FROM
    why_not = []
    if stopping.is_set():
        why_not.append("it drains, to stop")
    if not durable_log.is_connected and not spool_takes:
        why = durable_log.why_away or "it is late"
        why_not.append(f"Kafka takes no records ({why}), and the spool is full or not writable")
    return Readiness(
        tuple(why_not),
        {
            "stopping": stopping.is_set(),
            "kafka": "takes records" if durable_log.is_connected else "away",
            "kafka_why": durable_log.why_away,
            "spool": "takes records" if spool_takes else "full or not writable",
            "spool_fill": round(fill, 4),
            "spool_age_s": round(spool.age_s, 1),
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

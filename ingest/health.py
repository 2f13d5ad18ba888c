"""Health that means progress: `/healthz` the process, `/readyz` whether the next webhook would be stored, `/metrics`."""

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from ingest.durable.log import DurableLog
from ingest.metrics import IngestMetrics
from ingest.webhooks import Webhooks

_SPOOL_FULL_FROM = 0.95


class Health:
    """What probes ask of one worker process."""

    def __init__(self, durable_log: DurableLog, webhooks: Webhooks, metrics: IngestMetrics) -> None:
        self._durable_log = durable_log
        self._webhooks = webhooks
        self._metrics = metrics
        self.is_stopping = False
        """Set when the process drains: it is no longer ready."""

    async def healthz(self, _request: Request) -> Response:
        """Answer 200 while the process does its work, 503 where only a restart would help."""
        is_running = self._durable_log.is_running
        return JSONResponse({"status": "running" if is_running else "broken"}, status_code=200 if is_running else 503)

    async def readyz(self, _request: Request) -> Response:
        """Answer 200 where the next webhook would be stored, 503 with the reasons where not."""
        durable_log, spool = self._durable_log, self._durable_log.spool
        fill = spool.size_bytes / spool.bytes_max
        spool_takes = durable_log.is_spool_writable and fill < _SPOOL_FULL_FROM
        is_ready = (durable_log.is_connected or spool_takes) and not self.is_stopping
        state = {
            "status": "ready" if is_ready else "not ready",
            "stopping": self.is_stopping,
            "kafka": "takes records" if durable_log.is_connected else "away",
            "spool": "takes records" if spool_takes else "full or not writable",
            "spool_fill": round(fill, 4),
            "spool_age_s": round(spool.age_s, 1),
            "sources": len(self._webhooks.endpoints),
        }
        return JSONResponse(state, status_code=200 if is_ready else 503)

    async def metrics(self, _request: Request) -> Response:
        """Answer the metrics in Prometheus' text format."""
        metrics, durable_log = self._metrics, self._durable_log
        metrics.in_flight.set(self._webhooks.in_flight)
        metrics.kafka_connected.set(durable_log.is_connected)
        metrics.spool_bytes.set(durable_log.spool.size_bytes)
        metrics.spool_age.set(durable_log.spool.age_s)
        return Response(generate_latest(metrics.registry), media_type=CONTENT_TYPE_LATEST)

"""The only wiring of the processors: a Faust application over batches of the raw log.

`faust -A processors.app worker` and `python -m processors` run it. Nothing is read or connected at import.
"""

import asyncio
import logging
import os
from typing import Any

import faust
import structlog
from faust.exceptions import ConsumerNotStarted
from faust.types import TP

from processors.agent import make_agent
from processors.credentials import credentials
from processors.deployment import at_live_generation
from processors.settings import Settings, from_environ
from processors.transport import BatchConsumer, BatchSchema, BatchTransport
from processors.worker import Worker
from runtime.health import Health, Readiness
from runtime.logs import configure_logs
from runtime.tasks import Tasks
from schemas.errors import TaskDied

log = structlog.get_logger()


def _transport(settings: Settings, worker: Worker) -> type[BatchTransport]:
    class Consumer(BatchConsumer):
        in_flight_bytes_max = settings.in_flight_bytes_max
        lane_bytes_max = settings.lane_bytes_max
        drain_s_max = settings.session_timeout_ms / 2000
        drained = staticmethod(worker.lanes.drained)
        stop_at_once = staticmethod(stop_at_once)

    class Transport(BatchTransport):
        pass

    Transport.Consumer = Consumer
    return Transport


class ReciboApp(faust.App):
    """A Faust app whose transport delivers batches, and whose resources live as long as it runs."""

    worker: Worker
    transport_class: type[BatchTransport]
    long_lived: Tasks

    def _new_transport(self) -> Any:
        return self.transport_class(self.conf.broker_consumer, self)

    async def on_first_start(self) -> None:
        """Make the data directory with its parents, which Faust does not. Under Faust's own command, log as we do."""
        if not structlog.is_configured():
            configure_logs("processors", worker=self.worker.settings.worker)
        self.conf.datadir.mkdir(parents=True, exist_ok=True)
        await super().on_first_start()

    async def on_start(self) -> None:
        """Open the worker before Faust joins the group."""
        settings = self.worker.settings
        await self.worker.open()
        health = Health("processors", self.long_lived, self.worker.metrics.registry, self._readiness)
        listener = health.listen(settings.metrics_host, settings.metrics_port)
        self.long_lived.start("health", health.serve(listener))
        self.long_lived.start("watch", self.worker.watch())
        self.long_lived.start("deployment", self.worker.follow_deployment())
        self.long_lived.start("configuration", self.worker.follow_configuration())
        self.long_lived.start("holds", self.worker.follow_holds())
        self.long_lived.start("kafka", self.worker.kafka_watch.run())
        await super().on_start()

    async def on_stop(self) -> None:
        """Close the worker after Faust drained the lanes and committed."""
        await super().on_stop()
        await self.long_lived.close()  # first: its tasks read and ask by what the worker has open
        await self.worker.close()

    def end_after_a_death(self) -> None:
        """End the process because a long-lived task died."""
        try:
            self.long_lived.raise_death()
        except TaskDied as error:
            stop_at_once(error)

    def _readiness(self) -> Readiness:
        try:
            unassigned = self.rebalancing or not self.consumer.assignment()
        except ConsumerNotStarted:
            return Readiness(("the consumer is starting",))
        return Readiness((*(("no partitions assigned yet",) if unassigned else ()), *self.worker.not_ready()))


def create_app(settings: Settings) -> ReciboApp:
    """Return the application, wired and not started."""
    app = ReciboApp(
        settings.kafka.named(f"recibo-processors-g{settings.generation}"),
        broker=[f"kafka://{server}" for server in settings.kafka.bootstrap_servers.split(",")],
        broker_credentials=credentials(settings.kafka),
        broker_client_id="recibo-processors",
        datadir=str(settings.state_dir / "faust"),
        store="memory://",
        web_enabled=False,
        topic_allow_declare=False,
        topic_disable_leader=True,
        consumer_auto_offset_reset="earliest",
        consumer_group_instance_id=f"recibo-{settings.worker}",  # a restart is no rebalance, and fences its predecessor
        consumer_max_fetch_size=settings.fetch_bytes_max,
        broker_max_poll_records=settings.batch_records_max,
        broker_commit_interval=settings.commit_interval_ms / 1000,
        broker_session_timeout=settings.session_timeout_ms / 1000,
        broker_heartbeat_interval=settings.session_timeout_ms / 10_000,
        broker_request_timeout=max(90.0, settings.session_timeout_ms / 1000),
        broker_check_crcs=True,
        stream_buffer_maxsize=4096,
        stream_recovery_delay=0.0,
        stream_wait_empty=True,
        table_standby_replicas=0,
    )
    raw_topic = settings.kafka.topics().raw
    worker = app.worker = Worker(
        settings,
        stop_at_once,
        lambda partition: app.consumer.highwater(TP(raw_topic, partition)),
        lambda partition: app.consumer.replayed_from(TP(raw_topic, partition)),  # type: ignore[attr-defined]  # ours
    )
    app.long_lived = Tasks(on_death=app.end_after_a_death)
    app.transport_class = _transport(settings, worker)
    raw = app.topic(raw_topic, schema=BatchSchema())
    app.agent(raw, name="webhook_raw")(make_agent(app, worker.take))
    app.on_partitions_revoked.connect(_close_lanes)  # type: ignore[arg-type]  # signals pass their sender first
    return app


async def _close_lanes(app: Any, *_args: Any, **_kwargs: Any) -> None:
    await app.worker.lanes.close()


def stop_at_once(error: BaseException) -> None:
    """End the process: after an error nothing more may be written. The next start resumes from what is durable."""
    log.critical("stopping", why=str(error), exc_info=error)
    logging.shutdown()
    os._exit(1)


def __getattr__(name: str) -> Any:
    """Make `app` when `faust -A processors.app` asks for it, of the environment's settings."""
    if name != "app":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    loop = asyncio.new_event_loop()  # not asyncio.run, which would leave Faust's command without a loop
    try:
        settings = loop.run_until_complete(at_live_generation(from_environ()))
    finally:
        loop.close()
    app = globals()["app"] = create_app(settings)
    return app

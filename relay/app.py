"""The relay's wiring: a courier for each URL of `recibo.toml`, started and ended as the file changes."""

import asyncio
import signal
import ssl
from typing import Final

import httpcore
import structlog
from aiokafka.errors import KafkaError

from relay.metrics import RelayMetrics
from relay.raw.courier import Courier
from relay.raw.delivery import Delivery
from relay.raw.log_readers import LogReaders
from relay.raw.target import Target, targets_of
from relay.settings import Settings
from runtime.health import Health, Readiness
from runtime.kafka.topic_check import check_topics
from runtime.sources_file import SourcesFile
from runtime.tasks import Tasks
from runtime.vetted_network import VettedNetwork
from runtime.watched_files import WatchedFiles, take_or_keep
from schemas.topics import declared

log = structlog.get_logger()

_RETRY_S: Final = 5.0


class Relay:
    """Every courier of this process."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._metrics = RelayMetrics()
        self._readers = LogReaders(settings.kafka)
        self._file = SourcesFile(settings.config_file)
        self._watched = WatchedFiles(settings.config_file)
        self._names: tuple[str, ...] = ()
        self._couriers: dict[Target, tuple[Courier, asyncio.Task[None]]] = {}
        self._pools: dict[Target, httpcore.AsyncConnectionPool] = {}

    async def run(self, stopping: asyncio.Event) -> None:
        """Run until asked to stop, or until a long-lived task dies. A courier that fails ends nothing but itself.

        Raises:
            ConfigurationError: `recibo.toml` cannot be used.
            DeploymentError: the port of health and metrics cannot be had.
            TaskDied: a task died.
        """
        tasks = Tasks(on_death=stopping.set)
        health = Health("relay", tasks, self._metrics.registry, self._readiness)
        try:
            self._apply(self._targets(), tasks)
            private = health.listen(self._settings.metrics_host, self._settings.metrics_port)
            tasks.start("health", health.serve(private))
            tasks.start("readers of the log", self._readers.run())
            tasks.start("configuration", self._follow_file(tasks))
            tasks.start("check of the topics", self._check_topics(), may_return=True)
            await stopping.wait()
        finally:
            await tasks.close()
            for pool in self._pools.values():
                await pool.aclose()
        tasks.raise_death()

    def _targets(self) -> set[Target]:
        sources = self._file.read_again(self._names)
        self._names = tuple(sources.by_name)
        return targets_of(sources)

    def _apply(self, targets: set[Target], tasks: Tasks) -> None:
        """Start couriers to URLs that are new, and end those to URLs that are gone."""
        for target in set(self._couriers) - targets:
            self._couriers.pop(target)[1].cancel()
            log.info("no longer relayed", source=target.source, host=target.host)
        for target in targets - set(self._couriers):
            pool = self._pools.setdefault(target, self._pool())
            metrics = self._metrics.of(target)
            delivery = Delivery(target, pool, self._settings, self._metrics)
            courier = Courier(target, delivery, self._readers, self._settings, metrics)
            name = f"courier of source {target.source} to {target.host}"
            self._couriers[target] = (courier, tasks.start(name, courier.run()))
            log.info("relaying", source=target.source, host=target.host)

    def _pool(self) -> httpcore.AsyncConnectionPool:
        return httpcore.AsyncConnectionPool(
            ssl_context=ssl.create_default_context(),
            max_connections=self._settings.concurrency,
            network_backend=VettedNetwork(self._settings.allowed_networks),
        )

    async def _follow_file(self, tasks: Tasks) -> None:
        async for _ in self._watched.changes():
            take_or_keep(
                lambda: self._apply(self._targets(), tasks), lambda result: self._metrics.reloads.labels(result).inc()
            )

    async def _check_topics(self) -> None:
        """Hold the raw log to what is declared, once Kafka answers. Raises TopicsRefused: nothing exact is read from it."""
        kafka = self._settings.kafka
        wanted = [topic for topic in declared(kafka.topics()) if topic.name == kafka.topics().raw]
        while True:
            try:
                await check_topics(kafka, "recibo-relay", wanted)
            except KafkaError as error:
                log.warning("Kafka does not answer; its topics are checked later", why=repr(error))
                await asyncio.sleep(_RETRY_S)
            else:
                return

    def _readiness(self) -> Readiness:
        couriers = [(target.host, courier) for target, (courier, _) in self._couriers.items()]
        why_not = [
            f"{host}: {courier.trouble or 'not reading yet'}" for host, courier in couriers if not courier.is_reading
        ]
        if couriers and self._readers.trouble:
            why_not.append(self._readers.trouble)
        return Readiness(tuple(why_not), {"urls": len(couriers)})


async def serve(settings: Settings) -> None:
    """Run the relay until SIGTERM or SIGINT. Raises what `Relay.run` raises."""
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    await Relay(settings).run(stopping)
    log.info("stopped; webhooks not yet accepted are posted after the next start")

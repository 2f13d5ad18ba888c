"""What a worker holds while it runs: producer, stores' shared cache, lanes. Opened at start, closed at the end."""

import asyncio
import os
import signal
import time
from collections.abc import Callable
from functools import partial

import structlog
from aiokafka import AIOKafkaProducer
from rocksdict import Cache

from processors.alert import UnclearAlert
from processors.cluster import Cluster, inspect_cluster
from processors.configuration import Configuration
from processors.deployment import may_begin, open_deployment
from processors.fold import CONNECTION, MESSAGE, StateKind
from processors.lane import BatchInFlight, Lane
from processors.lanes import Lanes
from processors.metrics import Metrics
from processors.parsers import Parsers
from processors.quarantine import Quarantine
from processors.sender import PartitionSender
from processors.settings import Settings
from processors.store import Identity, StateStore
from processors.table import Table
from runtime.kafka.clients import make_producer
from runtime.kafka.deployment_log import DeploymentLog
from schemas.deployment_state import not_live
from schemas.topics import MAX_RECORD_BYTES

log = structlog.get_logger()

_WATCH_INTERVAL_S = 1.0
_EXIT_STUCK = 76


class Worker:
    """The processors' resources in one process."""

    def __init__(
        self,
        settings: Settings,
        on_error: Callable[[BaseException], None],
        log_end: Callable[[int], int],
        replayed_from: Callable[[int], int],
    ) -> None:
        """Prepare; nothing is opened yet.

        Args:
            settings: as read from the environment.
            on_error: called with an error after which nothing more may be written.
            log_end: a raw partition's end offset, as of the last fetch.
            replayed_from: the offset before which no record of a raw partition is ever replayed.
        """
        self._replayed_from = replayed_from
        self._log_end = log_end
        self.settings = settings
        self.metrics = Metrics()
        self._alert = UnclearAlert(settings.unclear_per_minute_max)
        self.lanes = Lanes(self._make_lane, self._quarantine, on_error)
        self._topics = settings.kafka.topics(settings.generation)
        self._producer: AIOKafkaProducer | None = None
        self._cluster: Cluster | None = None
        self._deployment: DeploymentLog | None = None
        self._configuration: Configuration | None = None
        self._parsers: Parsers | None = None
        self._cache = Cache(settings.store_cache_bytes)
        self._progress_told_at = 0.0
        self._is_leaving = False
        self._recovered: dict[tuple[str, int], int] = {}
        """(changelog, partition) being recovered → states applied so far."""

    async def open(self) -> None:
        """Check the cluster and what was agreed on, read the sources, start the producer.

        Raises:
            ConfigurationError: the sources cannot be used.
            DeploymentError: topics are not as declared, or this generation is not live.
            StateRefused: the raw log is not the one that this generation was folded from.
        """
        settings = self.settings
        self._configuration = Configuration(
            settings.config_file, lambda result: self.metrics.reloads.labels(result).inc()
        )
        self._parsers = self._configuration.load()
        self._cluster = await inspect_cluster(settings.kafka, self._topics)
        self._deployment = await open_deployment(settings, self._cluster.raw)
        if mappings := self._deployment.state.mappings.get(settings.generation):
            self._parsers.supersede(mappings)
        self._producer = make_producer(
            settings.kafka,
            "recibo-processors",
            acks="all",
            enable_idempotence=True,
            compression_type="zstd",
            max_batch_size=settings.produce_bytes_max,
            max_request_size=MAX_RECORD_BYTES,
            linger_ms=0,
        )
        await self._producer.start()

    async def close(self) -> None:
        """Close the lanes' stores and the producer."""
        await self.lanes.close()
        if self._producer is not None:
            await self._producer.stop()
        if self._deployment is not None:
            await self._deployment.__aexit__(None, None, None)

    async def watch(self) -> None:
        """Leave the process when the oldest batch is too old: a hung broker must not look alive."""
        age_max_s = self.settings.oldest_batch_age_ms_max / 1000
        while True:
            await asyncio.sleep(_WATCH_INTERVAL_S)
            age = self.lanes.oldest_batch_age_s()
            self.metrics.in_flight.set(self.lanes.in_flight_records())
            self.metrics.oldest_batch.set(age)
            if age > age_max_s:
                log.critical("a batch does not finish: leaving, to resume from the last commit", age_s=round(age))
                os._exit(_EXIT_STUCK)

    async def follow_configuration(self) -> None:
        """Take changes of `recibo.toml` while running."""
        assert self._configuration is not None, "open() comes before the application's tasks"
        await self._configuration.follow()

    async def follow_deployment(self) -> None:
        """Hear what is agreed on while running; leave when this generation is no longer live."""
        assert self._deployment is not None, "open() comes before the application's tasks"
        await self._deployment.follow(self._leave_where_not_live)

    def take(self, partition: int, batch: BatchInFlight) -> None:
        """Give a fetched batch to its partition's lane, unless this generation is no longer live: then leave."""
        if not self._leave_where_not_live():
            self.lanes.submit(partition, batch)

    def _leave_where_not_live(self) -> bool:
        assert self._deployment is not None, "open() comes before the first batch"
        settings = self.settings
        is_repairs = bool(settings.repair_generation)
        why = not_live(self._deployment.state, settings.generation, is_repairs=is_repairs)
        if why and not self._is_leaving:
            self._is_leaving = True
            log.critical("leaving", why=why)
            os.kill(os.getpid(), signal.SIGTERM)  # drain, commit, end: as a stop that was asked for
        return bool(why)

    def _batch_done(self, batch: BatchInFlight) -> None:
        self.metrics.count(batch)
        if batch.folded is None or not batch.folded.unclear_by_source:
            return
        for source in self._alert.count(batch.folded.unclear_by_source, time.monotonic()):
            self.metrics.alerts.labels(source).inc()
            log.error(
                "many records are not understood; they are kept: see them with `recibo source learn SOURCE`",
                source=source,
                per_minute_max=self.settings.unclear_per_minute_max,
            )

    def _make_lane(self, partition: int, quarantine: Quarantine) -> Lane:
        assert self._parsers is not None, "open() comes before the first batch"
        assert self._deployment is not None, "open() comes before the first batch"
        settings = self.settings
        topics = self._topics
        return Lane(
            (
                self._table(MESSAGE, topics.message_state, partition),
                self._table(CONNECTION, topics.connection_state, partition),
            ),
            (self._sender(topics.message_events, partition), self._sender(topics.connection_events, partition)),
            self._sender(topics.set_aside, partition),
            self._parsers.in_partition(partition),
            quarantine,
            self._batch_done,
            self.settings.sweep_interval_s,
            partial(self._log_end, partition),
            partial(self._replayed_from, partition),
            partial(may_begin, self._deployment, settings, partition),
        )

    def _table(self, kind: StateKind, topic: str, partition: int) -> Table:
        assert self._cluster is not None, "open() comes before the first batch"
        raw = self._cluster.raw
        identity = Identity(self._cluster.id, topic, partition, raw.partitions, raw.topic_id)
        path = self.settings.state_dir / topic / str(partition)
        store = StateStore(path, identity, self._cache, self.settings.store_write_buffer_bytes)
        hot_states_max = max(1_000, self.settings.hot_states_max // raw.partitions)
        return Table(
            store, self._sender(topic, partition), kind, hot_states_max, self.settings.kafka, self._on_progress
        )

    def _sender(self, topic: str, partition: int) -> PartitionSender:
        assert self._producer is not None, "open() comes before the first batch"
        return PartitionSender(self._producer, topic, partition)

    def _quarantine(self, partition: int) -> Quarantine:
        return Quarantine(self.settings.state_dir / "quarantine" / f"{partition}.json")

    def _on_progress(self, topic: str, partition: int, done: int, total: int) -> None:
        applied = self._recovered.pop((topic, partition), 0)
        self.metrics.recovered.inc(done - applied if done > applied else done)  # a recovery cut short begins again
        if done < total:
            self._recovered[topic, partition] = done
        now = time.monotonic()
        if done == total or now - self._progress_told_at > 1.0:
            self._progress_told_at = now
            log.info("recovering", topic=topic, partition=partition, states=done, of=total)

"""What a worker holds while it runs: producers, holds, stores' shared cache, lanes. Opened at start, closed at the end."""

import asyncio
import os
import signal
import time
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from functools import partial

import structlog
from rocksdict import Cache

from processors.alert import UnclearAlert
from processors.cluster import Cluster, inspect_cluster
from processors.configuration import Configuration
from processors.deployment import may_begin, open_deployment
from processors.fold import CONNECTION, MESSAGE, StateKind
from processors.holds import Holds
from processors.hot_states import HotStates
from processors.kafka_watch import KafkaWatch
from processors.lane import BatchInFlight, Lane, LaneSettings
from processors.lanes import Lanes
from processors.metrics import Metrics
from processors.old_holds import put_away, read_old_holds
from processors.parsers import Parsers
from processors.partition import Holding, Partition
from processors.producers import Producers
from processors.sender import PartitionSender
from processors.settings import Settings
from processors.store import Identity, StateStore
from processors.table import Table
from runtime.kafka.deployment_log import DeploymentLog
from schemas.deployment_state import not_live
from schemas.hold import Hold

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
        self._on_error = on_error
        topics = self._topics = settings.kafka.topics(settings.generation)
        self.kafka_watch = KafkaWatch(
            settings.kafka,
            (
                topics.message_state,
                topics.message_events,
                topics.connection_state,
                topics.connection_events,
                topics.set_aside,
            ),
        )
        self.lanes = Lanes(self._make_partition, self.kafka_watch.away_until)
        self._producers = Producers(settings.kafka, settings.produce_bytes_max)
        self._holds: Holds | None = None
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
        self._holds = Holds(settings.kafka, self._topics.holds, settings.generation, self._cluster.raw.partitions)
        await self._holds.start()

    async def close(self) -> None:
        """Close the lanes' stores and the producers."""
        await self.lanes.close()
        await self._producers.close()
        if self._holds is not None:
            await self._holds.stop()
        if self._deployment is not None:
            await self._deployment.__aexit__(None, None, None)

    async def follow_holds(self) -> None:
        """Take what others write of what is held back."""
        assert self._holds is not None, "open() comes before the application's tasks"
        await self._holds.follow()

    def not_ready(self) -> tuple[str, ...]:
        """Return why this worker does not do its work now."""
        away_s = self.kafka_watch.away_s()
        away = (f"Kafka has not answered for {away_s:.0f} s",) if away_s else ()
        leaderless = self.kafka_watch.leaderless()
        waiting = (f"no leader for partitions {leaderless}",) if leaderless else ()
        return (*away, *waiting, *self.lanes.not_ready())

    async def watch(self) -> None:
        """Leave the process when the oldest batch is too old: a hung broker must not look alive."""
        age_max_s = self.settings.oldest_batch_age_ms_max / 1000
        while True:
            await asyncio.sleep(_WATCH_INTERVAL_S)
            age = self.lanes.oldest_batch_age_s()
            self.metrics.in_flight.set(self.lanes.in_flight_records())
            self.metrics.oldest_batch.set(age)
            self.metrics.hot_bytes.set(self.lanes.hot_bytes())
            self.metrics.held.set(self.lanes.held_count())
            self.metrics.paused.set(self.lanes.paused_count())
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

    def _make_partition(self, number: int) -> Partition:
        assert self._holds is not None, "open() comes before the first batch"
        holding = Holding(self._holds.of(number), partial(self._write_hold, number))
        return Partition(number, self._open_lane, holding, self._on_error)

    async def _write_hold(self, partition: int, offset: int, hold: Hold) -> None:
        assert self._holds is not None, "open() comes before the first batch"
        async with AsyncExitStack() as until:
            await self._holds.write(await self._producers.lease(until), partition, offset, hold)

    async def _end_holds(self, partition: int, ended: Mapping[int, Hold]) -> None:
        for offset, hold in ended.items():
            await self._write_hold(partition, offset, hold)

    async def _open_lane(self, partition: int, until: AsyncExitStack) -> Lane:
        assert self._holds is not None, "open() comes before the first batch"
        assert self._parsers is not None, "open() comes before the first batch"
        assert self._deployment is not None, "open() comes before the first batch"
        topics, settings = self._topics, self.settings
        quarantine = self._holds.of(partition)
        await self._holds.caught_up(partition)
        old_file = settings.state_dir / "quarantine" / f"{partition}.json"
        for offset, hold in read_old_holds(old_file).items():
            if offset not in quarantine.stretches:
                await self._write_hold(partition, offset, hold)
        put_away(old_file)
        producer = await self._producers.lease(until)

        def sender(topic: str) -> PartitionSender:
            return PartitionSender(producer, topic, partition)

        return Lane(
            (
                self._table(MESSAGE, sender(topics.message_state), until),
                self._table(CONNECTION, sender(topics.connection_state), until),
            ),
            (sender(topics.message_events), sender(topics.connection_events)),
            sender(topics.set_aside),
            quarantine,
            LaneSettings(
                self._parsers.in_partition(partition),
                self._batch_done,
                partial(self._swept, partition),
                settings.sweep_interval_s,
                settings.sweep_share_max,
                partial(self._log_end, partition),
                partial(self._replayed_from, partition),
                partial(self._end_holds, partition),
                partial(may_begin, self._deployment, settings, partition),
            ),
        )

    def _table(self, kind: StateKind, sender: PartitionSender, until: AsyncExitStack) -> Table:
        assert self._cluster is not None, "open() comes before the first batch"
        settings, raw = self.settings, self._cluster.raw
        partitions = raw.partitions
        identity = Identity(self._cluster.id, sender.topic, sender.partition, partitions, raw.topic_id)
        path = settings.state_dir / sender.topic / str(sender.partition)
        store = StateStore(path, identity, self._cache, settings.store_write_buffer_bytes)
        until.callback(store.close)
        hot = HotStates(settings.hot_states_bytes // partitions, max(1_000, settings.hot_states_max // partitions))
        return Table(store, sender, kind, hot, settings.kafka, self._on_progress)

    def _swept(self, partition: int, stopped: bool) -> None:  # noqa: FBT001 - a callback
        self.metrics.stopped_sweeps.labels(str(partition)).set(stopped)

    def _on_progress(self, topic: str, partition: int, done: int, total: int) -> None:
        applied = self._recovered.pop((topic, partition), 0)
        self.metrics.recovered.inc(done - applied if done > applied else done)  # a recovery cut short begins again
        if done < total:
            self._recovered[topic, partition] = done
        now = time.monotonic()
        if done == total or now - self._progress_told_at > 1.0:
            self._progress_told_at = now
            log.info("recovering", topic=topic, partition=partition, states=done, of=total)

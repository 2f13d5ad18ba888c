"""The projector: the only wiring. One lane a topic, one HTTP client, one health port."""

import asyncio
import signal
from collections.abc import Callable, Coroutine, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from typing import Any, Final, TypeVar
from urllib.parse import urlsplit

import structlog
from clickhouse_connect.driver.client import Client

from projections.clickhouse import raw_log, retention
from projections.clickhouse.found_topology import require_known
from projections.clickhouse.migrate import migrate_as
from projections.link import Linker
from projections.metrics import REGISTRY
from projections.person_linker import PersonLinker
from projections.probe import ANSWER_S_MAX, Probe
from projections.reader import Reader
from projections.rows import projections_of
from projections.settings import Settings
from projections.sink import Sink
from projections.topic_projection import TopicProjection
from projections.upkeep import Upkeep
from projections.writer import make_writer
from runtime.clickhouse.client import connect
from runtime.clickhouse.failures import clickhouse_failure
from runtime.clickhouse.ping import why_away
from runtime.failure import Failure
from runtime.health import Health, Readiness
from runtime.kafka.deployment_log import DeploymentLog
from runtime.kafka.live_generation import live_generation
from runtime.kafka.topic_check import Found, check_topics
from runtime.tasks import Tasks
from schemas.deployment_state import DeploymentState, RawIdentity, another_log, not_live
from schemas.errors import ConfigurationError, DeploymentError, StateRefused
from schemas.topics import Topic, declared

log = structlog.get_logger()


T = TypeVar("T")

_CLIENT: Final = "recibo-projections"


def make_lanes(
    settings: Settings,
    client: Client,
    threads: Executor,
    stopping: asyncio.Event,
    why_not: Callable[[], str] = lambda: "",
) -> list[TopicProjection]:
    """Return one lane a topic. Nothing is connected to Kafka before a lane runs. `why_not` is asked before each batch."""
    sink = Sink(client, settings.clickhouse.database, threads)
    lanes = []
    topics = settings.kafka.topics(settings.generation)
    for projection in projections_of(topics):
        store = make_writer(projection, sink, settings, stopping)
        reader = Reader(projection.topic, settings, compacted=projection.topic in topics.compacted)
        lanes.append(TopicProjection(reader, store, settings, stopping, why_not))
    return lanes


async def run(settings: Settings) -> None:
    """Project the live generation until SIGTERM, SIGINT, a task's death or another generation's turn; then drain.

    Raises:
        DeploymentError: the port of health and metrics cannot be had, topics are not as declared, or another generation is
            live by now.
        StateRefused: the raw log is not the one that the tables were made from.
        TaskDied: a lane could not continue.
    """
    stopping = asyncio.Event()
    lanes: list[TopicProjection] = []
    probe = Probe(settings)
    tasks = Tasks(on_death=stopping.set)
    health = Health("projections", tasks, REGISTRY, lambda: _readiness(lanes, probe))
    tasks.start("health", health.serve(health.listen(settings.host, settings.metrics_port)))
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stopping.set)
    try:
        generation = await _unless(stopping, live_generation(settings.kafka, _CLIENT))
        if generation is not None:
            await _project(replace(settings, generation=generation), lanes, probe, tasks, stopping)
    finally:
        await tasks.close()
    tasks.raise_death()
    log.info("stopped")


async def _unless(stopping: asyncio.Event, work: Coroutine[Any, Any, T]) -> T | None:
    """Return what some work comes to; None where this process is asked to stop meanwhile."""
    working, asked = asyncio.create_task(work), asyncio.create_task(stopping.wait())
    await asyncio.wait((working, asked), return_when=asyncio.FIRST_COMPLETED)
    asked.cancel()
    if working.done():
        return working.result()
    working.cancel()
    await asyncio.wait((working,))
    return None


async def _project(
    settings: Settings, lanes: list[TopicProjection], probe: Probe, tasks: Tasks, stopping: asyncio.Event
) -> None:
    """Check what the tables are made from, and carry every topic until asked to stop, or until another generation's turn."""
    found = await check_topics(settings.kafka, _CLIENT, _depended_on(settings))
    async with DeploymentLog(settings.kafka, _CLIENT) as deployment:

        def why_not() -> str:
            return not_live(deployment.state, settings.generation, is_repairs=False)

        def look() -> None:
            if why_not():
                stopping.set()

        tasks.start("deployment", deployment.follow(look))
        with ThreadPoolExecutor(max_workers=8, thread_name_prefix="insert") as threads:
            client = await _connected(settings, stopping)
            if client is not None:
                await _check_raw_log(settings, client, deployment.state, found)
                lanes += make_lanes(settings, client, threads, stopping, why_not)
                log.info("projecting", lanes=[lane.topic for lane in lanes], store=settings.clickhouse.database)
                engine, linkers = settings.clickhouse, _linkers(settings, client, threads)
                upkeep = Upkeep(client, engine.database, linkers, stopping, engine.topology)
                tasks.start("upkeep", upkeep.run(), may_return=True)
                # A lane returns once it is asked to stop, and not before.
                running = [tasks.start(f"lane of {lane.topic}", lane.run(), may_return=True) for lane in lanes]
                _start_probe(probe, tasks, settings, lanes)
                await asyncio.wait(running)
                await tasks.close()
        if why := why_not():
            raise DeploymentError(why)


def _depended_on(settings: Settings) -> list[Topic]:
    """Return how the topics must be that this process reads: it is granted no others."""
    topics = settings.kafka.topics(settings.generation)
    read = {projection.topic for projection in projections_of(topics)} | {topics.deployment}
    return [topic for topic in declared(topics) if topic.name in read]


async def _check_raw_log(settings: Settings, client: Client, state: DeploymentState, found: Found) -> None:
    """Refuse another raw log than the one the generation is folded from, as topic and tables know it. Raises StateRefused."""
    name, generation = settings.kafka.topics().raw, settings.generation
    raw = found.topics.get(name)
    if raw is None:
        return  # hidden: warned of, and its lane will say so
    identity = RawIdentity(raw.topic_id, raw.partitions)
    why = another_log(state, generation, identity, name)
    why = why or await asyncio.to_thread(
        raw_log.another_log, client, settings.clickhouse.database, generation, identity, name
    )
    if why:
        raise StateRefused(why)


def _linkers(settings: Settings, client: Client, threads: Executor) -> tuple[Linker, PersonLinker]:
    store = settings.clickhouse.database
    sink = Sink(client, store, threads)
    return Linker(sink, store), PersonLinker(sink, store)


def _start_probe(probe: Probe, tasks: Tasks, settings: Settings, lanes: Sequence[TopicProjection]) -> None:
    readers = [lane.reader for lane in lanes]
    topics = settings.kafka.topics(settings.generation)
    tasks.start("questions to the engine", probe.watch_engine())
    tasks.start("questions to the brokers", probe.watch_brokers(readers))
    tasks.start("questions of completeness", probe.watch_completeness(topics, readers))


def _readiness(lanes: Sequence[TopicProjection], probe: Probe) -> Readiness:
    if not lanes:
        return Readiness(
            ("it waits for Kafka, for ClickHouse, or for the end of a repair's switch; the log says for which",),
            {"waiting": []},
        )
    waiting = [lane.topic for lane in lanes if not lane.is_ready]
    why_not = [*(f"rows of {topic} do not move" for topic in waiting), *probe.trouble]
    return Readiness(tuple(why_not), {"waiting": waiting})


async def _connected(settings: Settings, stopping: asyncio.Event) -> Client | None:
    """Return a client of a migrated engine, waiting for an engine that does not answer yet; None: asked to stop meanwhile.

    Raises:
        ConfigurationError: the database is newer than this program.
        Exception: the engine answers, and does not understand this release's statements.
    """
    where = urlsplit(settings.clickhouse.url)
    pause_s = settings.retry_pause_ms_min / 1000
    while not stopping.is_set():
        try:
            client = await _migrated(settings)
        except ConfigurationError:
            raise
        except Exception as error:
            if clickhouse_failure(error) is not Failure.AWAY:
                raise
            log.warning(
                "ClickHouse does not answer; trying again", host=where.hostname, port=where.port, why=str(error)
            )
            with suppress(TimeoutError):
                await asyncio.wait_for(stopping.wait(), pause_s)
            pause_s = min(2 * pause_s, settings.retry_pause_ms_max / 1000)
        else:
            return client
    return None


async def _migrated(settings: Settings) -> Client:
    """Raises what the engine raises, or ConnectionError: it does not answer at all, and would hold the thread that asks."""
    if why := await why_away(settings.clickhouse, ANSWER_S_MAX):
        raise ConnectionError(why)
    client = await asyncio.to_thread(connect, settings.clickhouse, timeout_s=settings.insert_timeout_s, writes=True)
    await asyncio.to_thread(require_known, client, settings.clickhouse)
    await asyncio.to_thread(migrate_as, client, settings.clickhouse)
    await asyncio.to_thread(retention.apply, client, settings)
    return client

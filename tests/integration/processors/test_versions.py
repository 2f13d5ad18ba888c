"""A crash between publishing and committing, and then another mapping, or other parsers: nothing is published otherwise."""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import pytest

from runtime.kafka.deployment_log import DeploymentLog
from runtime.kafka.settings import KafkaSettings
from schemas.deployment_state import PARSER
from schemas.parser_version import PARSER_VERSION
from schemas.record import HEADER_REQUEST, HEADER_SOURCE, RequestStamp, SourceContext, encode_request, encode_source
from schemas.sources import parse_sources
from schemas.topics import Topics
from tests.faults.processors.raw_log import TopicReader
from tests.faults.processors.scene import Scene
from tests.faults.processors.traffic import RawRecord
from tests.faults.processors.worker import WorkerProcess
from tests.integration.processors.conftest import MakeWorker

AT_MS = 1_773_144_000_000
BETWEEN_EMIT_AND_COMMIT = "outputs_acknowledged:1"


def configuration(status: str) -> str:
    """Return a recibo.toml in which the word `foo` means a status."""
    head = '[sources.loja]\nprovider = "wpp_marketing"\naccount = "acme"\nauth = "none"\n'
    return f'{head}[sources.loja.mapping.words]\n{status} = ["foo"]\n'


def configure(config: Path, status: str) -> None:
    """Let the word `foo` mean a status from now on."""
    config.write_text(configuration(status))


def records(status: str, numbers: Iterable[int]) -> list[RawRecord]:
    """Return records as ingest writes them while `foo` means a status."""
    mapping = parse_sources(configuration(status), {}).by_name["loja"].mapping_text
    source = encode_source(SourceContext("loja", "acme", "wpp_marketing", mapping=mapping))
    return [
        RawRecord(
            f"acme/m-{n}".encode(),
            b'{"event": "foo", "message": {"id": "m-%d"}, "connection": {"id": "c"}, "occurred_at": 1773144000}' % n,
            [(HEADER_SOURCE, source), (HEADER_REQUEST, encode_request(RequestStamp(f"{n:032x}", 0, "single", AT_MS)))],
            AT_MS + n,
        )
        for n in numbers
    ]


async def published(scene: Scene) -> dict[int, set[tuple[str, str]]]:
    """Return offset of the raw record → what was published of it: event id and status."""
    reader = TopicReader(scene.bootstrap, [Topics(scene.generation).message_events], 1)
    await reader.start()
    try:
        events = [msgspec.json.decode(record.value) for record in await reader.read()]
    finally:
        await reader.stop()
    found: dict[int, set[tuple[str, str]]] = {}
    for event in events:
        found.setdefault(event["data"]["raw"]["offset"], set()).add((event["id"], event["data"]["status"]))
    return found


@asynccontextmanager
async def crashed(bootstrap: str, make_worker: MakeWorker, config: Path) -> AsyncIterator[tuple[Scene, WorkerProcess]]:
    """Give a worker that killed itself after it published ten records and before it committed any."""
    configure(config, "delivered")
    async with Scene(bootstrap, seed=1, partitions=1) as scene:
        await scene.append(records("delivered", range(10)))
        worker = make_worker(scene)
        worker.start({"RECIBO_CONFIG": str(config)}, crash_at=BETWEEN_EMIT_AND_COMMIT)
        await worker.ended()
        assert worker.killed_itself(), worker.log_tail()
        assert await published(scene)
        yield scene, worker


@pytest.mark.timeout(300)
async def test_a_mapping_that_changes_changes_no_event_id(
    kafka_bootstrap: str, make_worker: MakeWorker, tmp_path: Path
) -> None:
    """The uncommitted tail comes to the same events after the mapping changed; what comes later is read by the new one."""
    config = tmp_path / "recibo.toml"
    async with crashed(kafka_bootstrap, make_worker, config) as (scene, worker):
        before = await published(scene)
        configure(config, "read")
        await scene.append(records("read", range(10, 12)))
        worker.start({"RECIBO_CONFIG": str(config)})
        await scene.until_done()
        worker.end()
        after = await published(scene)
    assert all(len(said) == 1 for said in after.values()), "each coordinate has one event"
    assert {offset: after[offset] for offset in before} == before
    statuses = [status for said in after.values() for _, status in said]
    assert statuses.count("delivered") == 10
    assert statuses.count("read") == 2


@pytest.mark.timeout(300)
async def test_other_parsers_begin_where_all_is_committed(
    kafka_bootstrap: str, make_worker: MakeWorker, tmp_path: Path
) -> None:
    """Another version's uncommitted work is refused with what to do; once that version committed it, this one begins."""
    config = tmp_path / "recibo.toml"
    environ = {"RECIBO_CONFIG": str(config)}
    kafka = KafkaSettings(kafka_bootstrap)
    async with crashed(kafka_bootstrap, make_worker, config) as (scene, worker):
        async with DeploymentLog(kafka, "test") as deployment:
            assert deployment.state.parsers[scene.generation, 0] == PARSER_VERSION
            await deployment.write(PARSER, scene.generation, PARSER_VERSION + 1, 0)
        before = await published(scene)
        worker.start(environ)
        assert await worker.ended() == 1
        said = worker.log_file.read_text()
        assert f"parsers of version {PARSER_VERSION + 1} published" in said
        assert "start the release before it once" in said
        assert "recibo repair" in said
        assert await published(scene) == before, "nothing was published"

        async with DeploymentLog(kafka, "test") as deployment:
            await deployment.write(PARSER, scene.generation, PARSER_VERSION, 0)
        worker.start(environ)
        await scene.until_done()
        worker.end()
        async with DeploymentLog(kafka, "test") as deployment:
            await deployment.write(PARSER, scene.generation, PARSER_VERSION + 1, 0)
        await scene.append(records("delivered", range(10, 12)))
        worker.start(environ)
        await scene.until_done()
        worker.end()
        assert len(await published(scene)) == 12
        async with DeploymentLog(kafka, "test") as deployment:
            assert deployment.state.parsers[scene.generation, 0] == PARSER_VERSION

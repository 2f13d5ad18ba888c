"""Which generation counts, and of which raw log: a switch killed at each of its steps, old processes, a recreated log."""

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from aiokafka.admin import AIOKafkaAdminClient

from operations.generation import agreed
from operations.topics import create_missing
from runtime.environ import environ_of
from runtime.kafka.settings import KafkaSettings
from runtime.kafka.topic_ids import topic_ids
from runtime.ports import free_port
from runtime.programs import CHECKOUT
from schemas.deployment_state import LiveGeneration
from schemas.status import BIT
from schemas.topics import RAW, Topics, derived
from tests.faults.processors.raw_log import TopicReader
from tests.support.deployment import PARTITIONS, WRONG_WORD, Deployment, make_log, running_deployment
from tests.support.polling import until
from tests.support.servers import clickhouse_server, kafka_server

STEPS = ("stopping generation 1", "handing over", "moving the projector's groups", "fencing generation 1")


@pytest.fixture
def d(tmp_path: Path) -> Iterator[Deployment]:
    """A running deployment on a broker and an engine of the test's own."""
    with kafka_server() as kafka, clickhouse_server() as url:
        asyncio.run(make_log(kafka))
        with running_deployment(kafka, url, tmp_path) as running:
            yield running


def now_ms() -> int:
    """Return the time, as an event of now has it."""
    return time.time_ns() // 1_000_000


def kafka_of(deployment: Deployment) -> KafkaSettings:
    """Return the settings of the deployment's cluster."""
    return KafkaSettings(deployment.kafka, raw_timestamps="CreateTime")


def refusal_of(deployment: Deployment, stage: str, **other: str) -> str:
    """Start a stage on the deployment's own data; return what it said when it ended."""
    environ = {
        **{k: v for k, v in os.environ.items() if not k.startswith(("RECIBO_", "KAFKA_", "CLICKHOUSE_"))},
        **environ_of(kafka_of(deployment)),
        "CLICKHOUSE_URL": deployment.clickhouse_url,
        "RECIBO_CONFIG": str(deployment.folder / "recibo.toml"),
        "RECIBO_DATA_DIR": str(deployment.folder / "data"),
        f"RECIBO_{stage.upper()}_METRICS_PORT": str(free_port()),
        **other,
    }
    command = [sys.executable, "-m", stage]
    done = subprocess.run(command, cwd=CHECKOUT, env=environ, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode != 0
    return done.stdout + done.stderr


async def ends_of_generation(deployment: Deployment, generation: int) -> int:
    """Return how many records the topics of a generation have had."""
    reader = TopicReader(deployment.kafka, [topic.name for topic in derived(Topics(generation))], PARTITIONS)
    await reader.start()
    try:
        return sum((await reader.end_offsets()).values())
    finally:
        await reader.stop()


@pytest.mark.timeout(580)
async def test_a_switch_killed_at_each_step_fences_the_old_generation(d: Deployment) -> None:
    """It is finished by the same command; processes with the old settings then write nothing, and say what to do."""
    await d.append([(f"m-{n}", word, now_ms()) for n in range(6) for word in ("fila", WRONG_WORD)])
    await d.until_projected()
    d.mend()
    for step in STEPS:
        await asyncio.to_thread(d.killed_at, step, "--yes")
    assert (await agreed(kafka_of(d))).live == LiveGeneration(1, switching_to=2)
    await asyncio.to_thread(d.repaired, "--yes")
    state = await agreed(kafka_of(d))
    assert state.live == LiveGeneration(2)
    assert state.hand_overs[2].from_generation == 1
    assert set(state.hand_overs[2].offsets) == {topic.name for topic in derived(Topics(2))}

    await d.append([("later", "fila", now_ms())])
    await d.until_projected()
    assert set(d.rows("SELECT seen FROM recibo.messages WHERE message_id LIKE 'm-%'")) == {
        (BIT["queued"] + BIT["error"],)
    }
    counts = d.rows("SELECT sum(without_outcome), sum(with_several_outcomes) FROM recibo.completeness")
    assert counts == [(0, 0)]

    written = await ends_of_generation(d, 1)
    for stage in ("processors", "projections"):
        said = await asyncio.to_thread(refusal_of, d, stage, RECIBO_GENERATION="1")
        assert "RECIBO_GENERATION=1 is set, and generation 2 is live" in said
        assert "Unset RECIBO_GENERATION" in said
    assert await ends_of_generation(d, 1) == written
    assert d.rows("SELECT count() FROM recibo.outcomes WHERE generation = 1 AND subject = 'later'") == [(0,)]


async def recreate_raw_log(deployment: Deployment) -> None:
    """Delete the raw log, and create it again as declared."""
    admin = AIOKafkaAdminClient(bootstrap_servers=deployment.kafka)
    await admin.start()
    try:
        await admin.delete_topics([RAW])

        async def is_gone() -> bool:
            return not await topic_ids(admin, [RAW])

        await until(is_gone, "the raw log's end", s_max=30)
    finally:
        await admin.close()
    await create_missing(kafka_of(deployment), 1, PARTITIONS)


@pytest.mark.timeout(580)
async def test_a_recreated_raw_log_is_refused_and_repaired(d: Deployment) -> None:
    """Processors and projections refuse it with the command that helps; after that command nothing read is less than read."""
    await d.append([(f"m-{n}", word, now_ms()) for n in range(6) for word in ("fila", "entregue", "lida")])
    await d.until_projected()
    before = {name: state.seen for name, state in (await d.states(1)).items()}
    await asyncio.to_thread(d.stack.stop)
    await recreate_raw_log(d)
    d.appended.clear()
    await d.append([(f"m-{n}", "fila", now_ms()) for n in range(6)] + [("fresh", "fila", now_ms())])
    for stage in ("processors", "projections"):
        said = await asyncio.to_thread(refusal_of, d, stage)
        assert f"{RAW} is not the log that generation 1 was folded from" in said
        assert "Run `recibo repair`" in said
    printed = await asyncio.to_thread(d.repaired, "--yes")
    assert "Generation 2 is live" in printed
    d.stack = type(d.stack)(d.stack.settings)
    await asyncio.to_thread(d.stack.start)
    await d.append([(f"m-{n}", "entregue", now_ms()) for n in range(6)])

    async def is_folded() -> bool:
        text = "SELECT count() FROM recibo.outcomes WHERE generation = 2"
        return d.rows(text) == [(13,)]

    await until(is_folded, "the new log's outcomes", s_max=60)
    after = {name: state.seen for name, state in (await d.states(2)).items()}
    assert {name: after[name] for name in before} == before
    assert after["fresh"] == BIT["queued"]
    assert set(d.rows("SELECT status FROM recibo.messages WHERE message_id LIKE 'm-%'")) == {("read",)}

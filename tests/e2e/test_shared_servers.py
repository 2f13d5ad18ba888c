"""Deployments on servers of others: several on one broker and engine, and one that may do only what it was granted."""

import asyncio
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from cli.demo import own_stack
from deploy.demo.deployment import Deployment
from deploy.demo.ledger import Ledger
from deploy.demo.run import run_demo
from deploy.demo.sources import OWN_SOURCES
from deploy.demo.traffic import generate
from deploy.local.stack import Stack, StackSettings
from operations.acls import PROCESSES, grants, kafka_acls
from operations.generation import settle
from runtime.clickhouse.settings import ClickHouseSettings
from runtime.environ import environ_of
from runtime.kafka.settings import KafkaSettings
from tests.support.acl_request import run_acl_commands
from tests.support.line import DEADLINE_S, START_MS, quiet
from tests.support.secure_broker import secure_broker

pytestmark = pytest.mark.timeout(420)
PREFIXES = ("north.", "south.")


def stack_in(folder: Path, kafka: KafkaSettings, clickhouse: ClickHouseSettings) -> StackSettings:
    """Return the settings of a stack on given servers."""
    folder.mkdir()
    return replace(own_stack(folder), kafka=kafka, clickhouse=clickhouse, relay_metrics_port=0, partitions=2)


async def ledger_of(stack: Stack, seed: int, events: int) -> Ledger:
    """Post traffic to a stack and account for every record and row that is there."""
    deployment = Deployment(stack.addresses.ingest, stack.kafka, stack.clickhouse, OWN_SOURCES)
    return await run_demo(deployment, generate(seed, events, OWN_SOURCES, f"1{seed:06d}", START_MS), DEADLINE_S, quiet)


async def test_two_deployments_do_not_see_each_other(kafka_bootstrap: str, clickhouse_url: str, tmp_path: Path) -> None:
    """Two prefixes and two pairs of databases on one broker and engine: each is exact, with nothing of the other's."""
    with ExitStack() as ending:
        stacks = []
        for prefix in PREFIXES:
            name = prefix.removesuffix(".")
            kafka = KafkaSettings(kafka_bootstrap, topic_prefix=prefix)
            clickhouse = ClickHouseSettings(clickhouse_url, database=f"{name}_store", views_database=name)
            stacks.append(await asyncio.to_thread(started, ending, stack_in(tmp_path / name, kafka, clickhouse)))
        ledgers = await asyncio.gather(*(ledger_of(stack, seed, 200) for seed, stack in enumerate(stacks, 1)))
    for ledger in ledgers:
        assert [str(difference) for difference in ledger.differences] == []
        assert ledger.deliveries


def started(ending: ExitStack, settings: StackSettings) -> Stack:
    """Start a stack, stopped when `ending` ends."""
    return ending.enter_context(Stack(settings))


async def test_each_process_needs_only_what_is_printed(clickhouse_url: str, fresh_name: str, tmp_path: Path) -> None:
    """Over SASL_SSL, each process as a principal granted exactly what `recibo topics --acls` prints for it: exact."""
    prefix = "granted."
    clickhouse = ClickHouseSettings(clickhouse_url, database=f"{fresh_name}_store", views_database=fresh_name)
    with secure_broker() as broker, ExitStack() as ending:
        await run_acl_commands(broker.plain, kafka_acls(grants(prefix), "broker", "User:recibo-"))
        await settle(broker.by_sasl("recibo-operator", prefix=prefix), 2, tmp_path, {})
        # The stack itself, and the ledger, are a principal that may create nothing and note nothing.
        settings = stack_in(tmp_path / "stack", broker.by_sasl("recibo-projections", prefix=prefix), clickhouse)
        own = {process: environ_of(broker.by_sasl(f"recibo-{process}", prefix=prefix)) for process in PROCESSES}
        stack = await asyncio.to_thread(started, ending, replace(settings, own_environ=own))
        ledger = await ledger_of(stack, 3, 400)
    assert [str(difference) for difference in ledger.differences] == []
    assert ledger.deliveries

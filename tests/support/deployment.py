"""A deployment whose log reaches back weeks: `recibo up` on servers of a test's own, and records of any time in its log."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.records_to_delete import RecordsToDelete
from clickhouse_connect.driver.client import Client

from deploy.local.stack import Stack, StackSettings
from operations.generation import agreed
from operations.rebuild.live_group import until_read
from projections import rollup
from projections.settings import Settings
from runtime.clickhouse.client import connect
from runtime.clickhouse.settings import ClickHouseSettings
from runtime.kafka.consumer import Consumer
from runtime.kafka.settings import KafkaSettings
from runtime.programs import CHECKOUT
from schemas.message_state import MessageState
from schemas.message_state import decode as decode_state
from schemas.record import HEADER_REQUEST, HEADER_SOURCE, RequestStamp, SourceContext, encode_request, encode_source
from schemas.topics import RAW, Topics
from tests.faults.processors.raw_log import make_topics, partition_of
from tests.support.polling import until

PARTITIONS = 2
WRONG_WORD = "naoentregue"
_SOURCE = '[sources.loja]\nprovider = "wpp_marketing"\naccount = "acme"\nauth = "none"\n[sources.loja.mapping.words]\n'
_CONTEXT = SourceContext(source="loja", account="acme", provider="wpp_marketing")


@dataclass
class Deployment:
    """The running stack, its log, and what is in its tables."""

    kafka: str
    clickhouse_url: str
    folder: Path
    stack: Stack
    client: Client
    appended: dict[int, list[tuple[int, str]]] = field(default_factory=dict)
    """Partition → (append time ms, message id) of each record, in order."""

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """Run a query; return its rows."""
        return [tuple(row) for row in self.client.query(sql).result_rows]

    def restart(self) -> None:
        """Stop the stack, and start it again on the same data."""
        self.stack.stop()
        self.stack = Stack(self.stack.settings)
        self.stack.start()

    async def append(self, events: Iterable[tuple[str, str, int]]) -> None:
        """Append records to the raw log: (message id, the provider's word, time ms), in the order of their times."""
        async with AIOKafkaProducer(bootstrap_servers=self.kafka, acks="all") as producer:
            for message_id, word, at_ms in events:
                key = f"acme/{message_id}".encode()
                partition = partition_of(key, PARTITIONS)
                known = self.appended.setdefault(partition, [])
                stamp = RequestStamp(f"{at_ms:016x}{partition:04x}{len(known):012x}", 0, "single", at_ms)
                headers = [(HEADER_SOURCE, encode_source(_CONTEXT)), (HEADER_REQUEST, encode_request(stamp))]
                body = {
                    "event": word,
                    "event_id": f"{message_id}-{word}",
                    "occurred_at": at_ms // 1000,
                    "message": {"id": message_id},
                    "connection": {"id": "c1"},
                }
                await producer.send_and_wait(
                    RAW, msgspec.json.encode(body), key, partition=partition, timestamp_ms=at_ms, headers=headers
                )
                known.append((at_ms, message_id))

    async def until_projected(self) -> None:
        """Wait until every record has its outcome in the tables, and they have every state and event."""
        total = sum(len(known) for known in self.appended.values())

        async def is_projected() -> bool:
            text = "SELECT sum(to_process), sum(without_outcome) FROM recibo.completeness"
            return self.rows(text) == [(total, 0)]

        await until(is_projected, "every outcome", s_max=60)
        # An outcome is published after the state and the events it comes with, by which another lane carries them.
        kafka = KafkaSettings(self.kafka)
        settings = Settings(kafka=kafka, generation=(await agreed(kafka)).live.generation)
        topics = kafka.topics(settings.generation)
        for topic in (topics.message_state, topics.connection_state, topics.message_events, topics.connection_events):
            assert not await until_read(settings, settings.group_of(topic), topic, None, lambda *_: None), topic

    async def delete_before(self, at_ms: int) -> None:
        """Delete from the raw log, and from the topics of events, what was appended before `at_ms`."""
        admin, topics = AIOKafkaAdminClient(bootstrap_servers=self.kafka), Topics(1)
        await admin.start()
        consumer = Consumer(bootstrap_servers=self.kafka)
        await consumer.start()
        for topic in (RAW, topics.message_events, topics.set_aside):
            partitions = [TopicPartition(topic, p) for p in range(PARTITIONS)]
            found = await consumer.offsets_for_times(dict.fromkeys(partitions, at_ms))
            await admin.delete_records({tp: RecordsToDelete(at.offset) for tp, at in found.items() if at is not None})
        await consumer.stop()
        await admin.close()

    async def states(self, generation: int) -> dict[str, MessageState]:
        """Return the last value of each message in the state topic of a generation."""
        topic = Topics(generation).message_state
        consumer = Consumer(bootstrap_servers=self.kafka, auto_offset_reset="earliest")
        await consumer.start()
        partitions = [TopicPartition(topic, p) for p in range(PARTITIONS)]
        consumer.assign(partitions)
        ends, found = await consumer.end_offsets(partitions), {}
        while any([await consumer.position(tp) < end for tp, end in ends.items()]):
            for records in (await consumer.getmany(timeout_ms=200)).values():
                found.update({r.key.decode().partition("/")[2]: decode_state(r.value) for r in records})
        await consumer.stop()
        return found

    def parts(self, monday: str) -> list[tuple[Any, ...]]:
        """Return the files that hold a week of every table: names and checksums."""
        return self.rows(
            "SELECT table, name, hash_of_all_files FROM system.parts WHERE active AND database = 'recibo_store' "
            f"AND partition = '{monday}' ORDER BY table, name"
        )

    def merge(self) -> None:
        """Merge every table and count ahead now, as the engine and the projector would some day."""
        for (table,) in self.rows("SELECT DISTINCT table FROM system.parts WHERE active AND database = 'recibo_store'"):
            self.client.command(f"OPTIMIZE TABLE recibo_store.{table} FINAL")
        rollup.refresh(self.client, "recibo_store")

    def mend(self) -> None:
        """Correct the mapping of the word that was wrong."""
        (self.folder / "recibo.toml").write_text(f'{_SOURCE}error = ["{WRONG_WORD}"]\n')

    def run(self, *arguments: str) -> "subprocess.Popen[str]":
        """Start a command of `recibo`."""
        environ = {k: v for k, v in os.environ.items() if not k.startswith(("RECIBO_", "KAFKA_", "CLICKHOUSE_"))}
        return subprocess.Popen(
            [sys.executable, "-m", "cli", *arguments],
            cwd=CHECKOUT,
            env={
                **environ,
                "PYTHONUNBUFFERED": "1",
                "COLUMNS": "200",
                "KAFKA_BOOTSTRAP_SERVERS": self.kafka,
                "CLICKHOUSE_URL": self.clickhouse_url,
                "RECIBO_RAW_TIMESTAMPS": "CreateTime",
                "RECIBO_DATA_DIR": str(self.folder / "data"),
                "RECIBO_CONFIG": str(self.folder / "recibo.toml"),
            },
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def archived(self, location: str) -> None:
        """Archive the log."""
        with self.run("archive", location) as running:
            printed = running.communicate()[0]
        assert running.returncode == 0, printed

    def repaired(self, *options: str) -> str:
        """Run `recibo repair` to its end; return what it printed."""
        with self.run("repair", *options) as running:
            printed = running.communicate()[0]
        assert running.returncode == 0, printed
        return printed

    def killed_at(self, step: str, *options: str) -> None:
        """Start `recibo repair`, and kill it by SIGKILL once it says that it is at `step`."""
        with self.run("repair", *options) as running:
            assert running.stdout is not None
            printed = ""
            for line in running.stdout:
                printed += line
                if line.startswith(step):
                    running.send_signal(signal.SIGKILL)
                    break
            assert running.wait() == -signal.SIGKILL, f"it never came to {step!r}:\n{printed}"


@contextmanager
def running_deployment(kafka: str, clickhouse_url: str, folder: Path) -> Iterator[Deployment]:
    """Run a stack on given servers while this is entered; its topics are there already (see `make_log`)."""
    config = folder / "recibo.toml"
    config.write_text(f'{_SOURCE}delivered = ["{WRONG_WORD}"]\n')
    settings = StackSettings(
        data_dir=folder / "data",
        config_file=config,
        ingest_port=0,
        ingest_metrics_port=0,
        processors_metrics_port=0,
        projections_metrics_port=0,
        api_port=0,
        kafka=KafkaSettings(kafka, raw_timestamps="CreateTime"),
        clickhouse=ClickHouseSettings(clickhouse_url),
        partitions=PARTITIONS,
    )
    stack = Stack(settings)
    stack.start()
    with connect(ClickHouseSettings(clickhouse_url)) as client:
        deployment = Deployment(kafka, clickhouse_url, folder, stack, client)
        try:
            yield deployment
        finally:
            deployment.stack.stop()


async def make_log(kafka: str) -> None:
    """Create the topics of generation 1; records keep the times they come with."""
    await make_topics(kafka, 1, PARTITIONS)

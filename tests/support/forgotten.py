"""A person in a running line: what is posted of them, and where anything of it is left."""

import json
import time
from collections.abc import Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.admin.records_to_delete import RecordsToDelete

from deploy.demo.client import Connection
from deploy.demo.sources import OWN_SOURCES
from operations.forget.forget import Forgetting, Report
from operations.forget.key import made_key
from operations.forget.names import read_identity
from operations.forget.settled import settled
from operations.topics import admin_of
from projections.settings import Settings
from runtime.clickhouse.client import connect
from runtime.kafka.clients import make_producer
from schemas.send import Send, send_key
from schemas.send import encode as encode_send
from schemas.topics import MAX_RECORD_BYTES
from tests.support.line import Line

NUMBER: Final = "+55 (11) 98765-4321"
LINE: Final = "+5511987654321"
SPELLINGS: Final = ("5511987654321", "551187654321", "+55 (11) 98765-4321", "5511987654321@s.whatsapp.net")
OTHER: Final = "5511912345678"
REFERENCE: Final = "pedido-da-ana-4711"
NAME: Final = "Ana Beatriz Quaresma"
TRACES: Final = ("5511987654321", "551187654321", "98765-4321", "pedido-da-ana", "Quaresma")
"""What must be found nowhere."""

_CLEAN_SOON: Final = "old_parts_lifetime = 1, cleanup_delay_period = 1, max_cleanup_delay_period = 2, cleanup_delay_period_random_add = 0"

COUNTS: Final = (
    "SELECT status, campaign, count(), min(first_received_at) FROM recibo.messages GROUP BY ALL ORDER BY ALL",
    "SELECT outcome, count() FROM recibo_store.webhook_set_aside FINAL WHERE kind != 'erasure_request' GROUP BY ALL ORDER BY ALL",
    "SELECT count() FROM recibo_store.webhook_raw FINAL WHERE kind != 'erase'",
    "SELECT manifest, count() FROM recibo_store.message_send FINAL GROUP BY ALL ORDER BY ALL",
)
"""What a forgetting must leave as it was."""

Body = dict[str, Any]


async def post(line: Line, *bodies: Body) -> None:
    """Post each body to the first source of the line."""
    source = OWN_SOURCES[0]
    connection = Connection(line.deployment.url, 10)
    for body in bodies:
        encoded = json.dumps(body).encode()
        headers = {"Content-Type": "application/json", **source.proof_headers(encoded)}
        assert await connection.post(source.path(), headers, encoded) == 204
    connection.close()


def events(run: str, spelling: str, number: int, statuses: Iterable[str], **more: Any) -> list[Body]:
    """Return the events of one message."""
    return [
        {
            "event": status,
            "message_id": f"{run}-{number}",
            "connection_id": "c",
            "to": spelling,
            "event_id": f"{run}-{number}-{status}",
            "client_ref": f"{REFERENCE}-{number}",
            "campaign": "natal",
            **more,
        }
        for status in statuses
    ]


def life(run: str) -> list[Body]:
    """Return what comes of a person's messages: spellings, a failure, two ids of one message, a body of several, an answer."""
    told = [
        body
        for number, spelling in enumerate(SPELLINGS)
        for body in events(run, spelling, number, ("queued", "created", "delivered"))
    ]
    failed = {"code": "131026", "message": f"{NUMBER} ({NAME}) is not on WhatsApp"}
    told += events(run, SPELLINGS[0], 10, ("queued", "error"), error=failed)
    told += events(run, SPELLINGS[0], 11, ("queued",), tracking_id=f"{run}-track")
    told += events(run, SPELLINGS[0], 12, ("created", "delivered"), tracking_id=f"{run}-track")
    whole = events(run, SPELLINGS[1], 13, ("queued",)) + events(run, OTHER, 14, ("queued", "read"), client_ref="x")
    told.append({"events": whole})
    told += events(run, OTHER, 15, ("queued", "delivered"), client_ref="y", participant=SPELLINGS[0])
    told.append({"event": "message", "from": SPELLINGS[0], "name": NAME, "text": "oi"})
    return [*told, *told[:3]]


async def say_sent(line: Line, run: str) -> None:
    """Say in `message.sends` what was sent to the person: by a message's id, by reference, by number alone, with words of ours."""
    given: tuple[dict[str, Any], ...] = (
        {"message_id": f"{run}-0"},
        {"reference": f"{REFERENCE}-1"},
        {"recipient": SPELLINGS[0], "recipient_kind": "phone", "line": LINE, "tags": {"customer": NAME}},
    )
    kafka = line.deployment.kafka
    producer = make_producer(kafka, "test-sends", acks="all")
    await producer.start()
    try:
        for row, columns in enumerate(given, 1):
            send = Send(account="acme", manifest=f"key:{run}", row=row, role="sender", version=now_ms(), **columns)
            await producer.send_and_wait(kafka.topics().sends, encode_send(send), key=send_key(send))
    finally:
        await producer.stop()


def now_ms() -> int:
    """Return the time, UTC ms."""
    return time.time_ns() // 1_000_000


def settings_of(line: Line) -> Settings:
    """Return the settings by which the line's tables and topics are reached."""
    return Settings(kafka=line.deployment.kafka, clickhouse=line.deployment.clickhouse)


def in_tables(line: Line, traces: Sequence[str] = TRACES) -> dict[str, int]:
    """Return table → rows with a trace in any of their columns, of every table of the engine, its own logs among them.

    Texts of rewrites, which the engine keeps, are looked through as well: in `system.mutations`, and in its files.
    """
    with connect(line.deployment.clickhouse) as client:
        tables = client.query(
            "SELECT database, name FROM system.tables WHERE engine LIKE '%MergeTree' OR engine LIKE '%Log'"
        ).result_rows
        listed = ", ".join(f"'{trace}'" for trace in traces)
        found = {}
        for database, name in tables:
            text = f"SELECT count() FROM {database}.{name} WHERE multiSearchAny(toString(tuple(*)), [{listed}])"
            found[f"{database}.{name}"] = int(client.query(text).result_rows[0][0])
        text = f"SELECT count() FROM system.mutations WHERE multiSearchAny(command, [{listed}])"
        found["system.mutations"] = int(client.query(text).result_rows[0][0])
    kept = [path.read_text() for path in (line.folder / "clickhouse").rglob("mutation_*.txt")]
    found["mutation files"] = sum(any(trace in text for trace in traces) for text in kept)
    return {name: rows for name, rows in found.items() if rows}


async def in_topics(line: Line, traces: Iterable[str] = TRACES) -> dict[str, int]:
    """Return topic → records with a trace in key, value or headers, of every topic of the broker."""
    consumer = AIOKafkaConsumer(bootstrap_servers=line.deployment.kafka.bootstrap_servers, enable_auto_commit=False)
    await consumer.start()
    try:
        topics = {name for name in await consumer.topics() if not name.startswith("__")}
        found = {name: await _traced(consumer, name, [trace.encode() for trace in traces]) for name in sorted(topics)}
    finally:
        await consumer.stop()
    return {name: records for name, records in found.items() if records}


async def _traced(consumer: AIOKafkaConsumer, topic: str, traces: list[bytes]) -> int:
    await consumer._client.set_topics([topic])
    partitions = [TopicPartition(topic, number) for number in consumer.partitions_for_topic(topic) or ()]
    consumer.assign(partitions)
    await consumer.seek_to_beginning(*partitions)
    ends = await consumer.end_offsets(partitions)
    found = 0
    while any([await consumer.position(partition) < end for partition, end in ends.items()]):
        for records in (await consumer.getmany(timeout_ms=200)).values():
            for record in records:
                whole = b"\n".join((record.key or b"", record.value or b"", *(value for _, value in record.headers)))
                found += any(trace in whole for trace in traces)
    return found


def in_files(folder: Path, but: Iterable[str], traces: Iterable[str] = TRACES) -> list[str]:
    """Return the files under a folder that have a trace in their bytes, without those under names in `but`."""
    wanted = [trace.encode() for trace in traces]
    return sorted(
        str(path.relative_to(folder))
        for path in folder.rglob("*")
        if path.is_file()
        and path.relative_to(folder).parts[0] not in but
        and any(trace in path.read_bytes() for trace in wanted)
    )


async def end_retention(line: Line) -> None:
    """Let what topics hold be over, as it is after weeks: logs are cut, states compacted at once, replaced parts deleted."""
    kafka = line.deployment.kafka
    topics = kafka.topics(line.deployment.generation)
    async with admin_of(kafka) as admin:
        for topic in (topics.raw, topics.message_events, topics.set_aside, topics.sends):
            partitions = (await admin.describe_topics([topic]))[0]["partitions"]
            await admin.delete_records(
                {TopicPartition(topic, partition["partition"]): RecordsToDelete(-1) for partition in partitions}
            )
        config = {
            "cleanup.policy": "compact",
            "min.compaction.lag.ms": "0",
            "max.compaction.lag.ms": "1",
            "segment.ms": "100",
            "min.cleanable.dirty.ratio": "0.001",
            "max.message.bytes": str(MAX_RECORD_BYTES),
        }
        await admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, topics.message_state, config)])
    with connect(line.deployment.clickhouse) as client:
        for (name,) in client.query(
            "SELECT name FROM system.tables WHERE database = 'recibo_store' AND engine LIKE '%MergeTree'"
        ).result_rows:
            client.command(f"ALTER TABLE recibo_store.{name} MODIFY SETTING {_CLEAN_SOON}")


async def settle(line: Line) -> None:
    """Return once what was posted is in the tables."""
    await settled(settings_of(line), lambda *_: None)


def asked(line: Line, text: str) -> list[Any]:
    """Return what the engine answers."""
    with connect(line.deployment.clickhouse) as client:
        return list(client.query(text).result_rows)


async def forgotten(line: Line, folder: Path, **more: Any) -> Report:
    """Forget the person."""
    with connect(line.deployment.clickhouse, writes=True) as client:
        forgetting = Forgetting(
            settings_of(line), client, partial(made_key, folder / "secrets.env", {}), lambda *_: None, **more
        )
        return await forgetting.forget(read_identity(NUMBER))

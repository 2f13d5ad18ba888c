"""`recibo quarantine`: what the processors hold back, and its release once the cause is fixed."""

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path

import click
from aiokafka import AIOKafkaProducer, TopicPartition

from cli._options import data_dir_option, generation_option
from cli._servers import generation_of, kafka_option
from operations.sources.log_reader import LogReader, reading
from processors.quarantine import Hold, Quarantine
from runtime.kafka.clients import make_producer
from runtime.kafka.settings import KafkaSettings

_ANSWER_S_MAX = 5.0
"""A worker that has the partition looks every second."""
_POLL_S = 0.1


@click.group()
@kafka_option
@generation_option
@data_dir_option
@click.pass_context
def command(context: click.Context, kafka: KafkaSettings, generation: int, data_dir: Path) -> None:
    """Keys held back because a record of theirs stopped the worker three times."""
    context.obj = (kafka, data_dir / "state" / f"g{generation_of(kafka, generation)}")


@command.command("list")
@click.pass_obj
def list_(obj: tuple[KafkaSettings, Path]) -> None:
    """Show every key held back, since which offset, and why."""
    holds = [(partition, hold) for partition, quarantine in _quarantines(obj[1]) for hold in quarantine.stretches]
    if not holds:
        click.echo("nothing is held back")
    for partition, hold in holds:
        key = bytes.fromhex(hold.key).decode("utf-8", "replace")
        state = "held" if hold.until is None else "released" if hold.redriven else "released, not yet re-driven"
        click.echo(f"{obj[0].topics().raw}[{partition}] from {hold.since}: {key}  {state}  ({hold.why})")


@command.command()
@click.pass_obj
def release(obj: tuple[KafkaSettings, Path]) -> None:
    """Stop holding records back, and append those that were to the log again. May be run again after an interruption."""
    click.echo(f"{asyncio.run(_release(*obj))} records appended again")


async def _release(kafka: KafkaSettings, state: Path) -> int:
    appended, raw = 0, kafka.topics().raw
    producer = make_producer(kafka, "recibo-operator", acks="all", enable_idempotence=True)
    await producer.start()
    try:
        async with reading(kafka, raw) as reader:
            for partition, quarantine in _quarantines(state):
                quarantine.ask_release()
                await _until_answered(reader, raw, partition, quarantine)
                for hold in quarantine.stretches:
                    if not hold.redriven:
                        appended += await _redrive(reader, producer, TopicPartition(raw, partition), hold)
                        quarantine.redriven(hold)
    finally:
        await producer.stop()
    return appended


async def _until_answered(reader: LogReader, raw: str, partition: int, quarantine: Quarantine) -> None:
    """Wait for the worker to end the holds; where none works on this partition now, end them at the log's end."""
    deadline = time.monotonic() + _ANSWER_S_MAX
    while any(hold.until is None for hold in quarantine.stretches) and time.monotonic() < deadline:
        await asyncio.sleep(_POLL_S)
        quarantine.refresh()
    end = await reader.end_of(raw, partition)
    quarantine.end_released(lambda: end)


async def _redrive(reader: LogReader, producer: AIOKafkaProducer, log: TopicPartition, hold: Hold) -> int:
    assert hold.until is not None, "released before it is re-driven"
    key, appended = bytes.fromhex(hold.key), 0
    async for record in reader.at(log.topic, log.partition, range(hold.since, hold.until)):
        if record.key == key:
            await producer.send_and_wait(log.topic, record.value, key, headers=list(record.headers))
            appended += 1
    return appended


def _quarantines(state: Path) -> Iterator[tuple[int, Quarantine]]:
    for path in sorted(state.glob("worker-*/quarantine/*.json")):
        yield int(path.stem), Quarantine(path)

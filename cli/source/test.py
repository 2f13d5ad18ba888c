"""`recibo source test`: one event of the provider's own shape, followed to ClickHouse."""

import asyncio
import time
import uuid

import click

from cli._servers import clickhouse_option, generation_of
from cli.source.options import local_origin, with_line, with_origin, with_registry
from operations.sources.follow import Line, Step, send_and_follow
from operations.sources.proof import prove, webhook_url
from operations.sources.registry import Registry
from operations.sources.sample_event import sample_event
from runtime.clickhouse.settings import ClickHouseSettings
from runtime.kafka.settings import KafkaSettings


@click.command("test", short_help="Send a signed test event and follow it to ClickHouse.")
@click.argument("name")
@click.option("--seconds", type=float, default=20.0, show_default=True, help="How long to wait for each step.")
@clickhouse_option
@with_line
@with_origin
@with_registry
def test_command(
    *,
    registry: Registry,
    name: str,
    seconds: float,
    kafka: KafkaSettings,
    clickhouse: ClickHouseSettings,
    generation: int,
    public_url: str,
    ingest_port: int,
) -> None:
    """Send a signed test event as NAME's provider would, and show each step until it can be queried."""
    source = registry.source(name)
    message_id = f"recibo-test-{uuid.uuid4().hex[:16]}"
    body, content_type = sample_event(source, message_id, int(time.time() * 1000))
    proof = prove(source, local_origin(ingest_port), body, time.time(), public_url=public_url)
    click.echo(f"message {message_id}, delivered, to {webhook_url(local_origin(ingest_port), source, '…')}")
    line = Line(kafka, clickhouse, generation_of(kafka, generation))
    asyncio.run(send_and_follow(line, proof, body, content_type, message_id, s_max=seconds, on_step=_print_step))
    click.secho("The whole line works.", fg="green")


def _print_step(step: Step) -> None:
    click.echo(f"  {step.milliseconds:8.0f} ms  {step.name:<14} {step.detail}")

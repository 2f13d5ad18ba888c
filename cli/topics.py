"""`recibo topics`: create the topics that are missing."""

import asyncio

import click

from cli.servers import kafka_option
from operations.generation import generation_option
from operations.topics import create_missing
from runtime.kafka.settings import KafkaSettings


@click.command()
@kafka_option
@generation_option
@click.option("--partitions", type=int, envvar="RECIBO_PARTITIONS", default=4, show_default=True)
def command(kafka: KafkaSettings, generation: int, partitions: int) -> None:
    """Create the declared topics that a cluster does not have, on three brokers where there are three."""
    created = asyncio.run(create_missing(kafka, generation, partitions))
    click.echo(f"created: {', '.join(created)}" if created else "nothing to create: all topics are there")

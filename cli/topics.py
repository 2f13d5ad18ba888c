"""`recibo topics`: create the topics that are missing."""

import asyncio

import click

from operations.generation import generation_option
from operations.topics import create_missing


@click.command()
@click.option("--kafka-bootstrap-servers", envvar="KAFKA_BOOTSTRAP_SERVERS", default="127.0.0.1:9092")
@generation_option
@click.option("--partitions", type=int, envvar="RECIBO_PARTITIONS", default=4, show_default=True)
def command(kafka_bootstrap_servers: str, generation: int, partitions: int) -> None:
    """Create the declared topics that a cluster does not have, on three brokers where there are three."""
    created = asyncio.run(create_missing(kafka_bootstrap_servers, generation, partitions))
    click.echo(f"created: {', '.join(created)}" if created else "nothing to create: all topics are there")

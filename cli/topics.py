"""`recibo topics`: create the topics that are missing."""

import asyncio

import click

from cli._options import generation_option, kafka_option, partitions_option
from operations.topics import create_missing


@click.command()
@kafka_option()
@generation_option()
@partitions_option
def command(kafka_bootstrap_servers: str, generation: int, partitions: int) -> None:
    """Create the declared topics that a cluster does not have, on three brokers where there are three."""
    created = asyncio.run(create_missing(kafka_bootstrap_servers, generation, partitions))
    click.echo(f"created: {', '.join(created)}" if created else "nothing to create: all topics are there")

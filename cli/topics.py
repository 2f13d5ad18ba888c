"""`recibo topics`: create the topics that are missing, or print what would create them and grant what processes need."""

import asyncio
from pathlib import Path

import click

from cli._options import data_dir_option, generation_option, partitions_option
from cli._servers import kafka_option
from operations.acls import grants, kafka_acls
from operations.generation import settle
from operations.topic_texts import kafka_topics, terraform
from operations.topics import REPLICAS_WANTED, alter_settings, create_missing
from runtime.kafka.settings import KafkaSettings
from schemas.deployment_state import FIRST_GENERATION
from schemas.topics import declared


@click.command()
@kafka_option
@data_dir_option
@generation_option
@partitions_option
@click.option(
    "--print",
    "shape",
    type=click.Choice(["kafka-topics", "terraform"]),
    help="Create nothing: print commands or configuration.",
)
@click.option("--apply", "applies", is_flag=True, help="Also alter the settings that are not as declared.")
@click.option(
    "--replicas", type=click.IntRange(1), default=REPLICAS_WANTED, show_default=True, help="Replicas, for --print."
)
@click.option("--acls", is_flag=True, help="Create nothing: print kafka-acls.sh commands, by process.")
@click.option(
    "--principals",
    default="User:recibo-",
    show_default=True,
    help="Prefix of a principal before its process's name, for --acls.",
)
@click.option("--projections-group", envvar="RECIBO_PROJECTIONS_GROUP", default="recibo-projections", hidden=True)
def command(
    *,
    kafka: KafkaSettings,
    data_dir: Path,
    generation: int,
    partitions: int,
    applies: bool,
    shape: str | None,
    replicas: int,
    acls: bool,
    principals: str,
    projections_group: str,
) -> None:
    """Create the declared topics that a cluster does not have, on three brokers where there are three.

    With --apply, give those that exist the settings that are declared. Partitions cannot be altered: keys would move.
    """
    if acls:
        wanted = grants(kafka.topic_prefix, projections_group)
        click.echo(kafka_acls(wanted, kafka.bootstrap_servers, principals), nl=False)
    if shape == "kafka-topics":
        topics = declared(kafka.topics(generation or FIRST_GENERATION))
        click.echo(kafka_topics(topics, kafka.bootstrap_servers, partitions, replicas), nl=False)
    if shape == "terraform":
        click.echo(terraform(declared(kafka.topics(generation or FIRST_GENERATION)), partitions, replicas), nl=False)
    if acls or shape:
        return
    if generation:
        created = asyncio.run(create_missing(kafka, generation, partitions))
    else:
        live, created = asyncio.run(settle(kafka, partitions, data_dir))
        generation = live.generation
    click.echo(f"created: {', '.join(created)}" if created else "nothing to create: all topics are there")
    if applies:
        altered = asyncio.run(alter_settings(kafka, declared(kafka.topics(generation))))
        click.echo("\n".join(altered) if altered else "nothing to alter: all topics are as declared")

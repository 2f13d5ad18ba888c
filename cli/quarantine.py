"""`recibo quarantine`: what the processors hold back, and its release once the cause is fixed. From any host."""

import asyncio
from pathlib import Path

import click

from cli._options import data_dir_option, generation_option
from cli._servers import kafka_option
from operations.quarantine import ANSWER_S_MAX, HeldKey, held_keys, release_held
from runtime.kafka.settings import KafkaSettings


@click.group()
@kafka_option
@generation_option()
@data_dir_option
@click.pass_context
def command(context: click.Context, kafka: KafkaSettings, generation: int, data_dir: Path) -> None:  # noqa: ARG001 - the generation is read in it
    """Keys held back because a record of theirs failed three times, or because Kafka refused what came of it."""
    context.obj = (kafka, generation)


@command.command("list")
@click.pass_obj
def list_(obj: tuple[KafkaSettings, int]) -> None:
    """Show every key held back, since which offset, and why."""
    kafka, generation = obj
    found = asyncio.run(held_keys(kafka, generation))
    if not found:
        click.echo("nothing is held back")
    for held in found:
        click.echo(_line(kafka.topics().raw, held))


@command.command()
@click.option(
    "--wait",
    "wait_s",
    type=click.FloatRange(0),
    default=ANSWER_S_MAX,
    show_default=True,
    help="Seconds that the workers may take to let keys go.",
)
@click.pass_obj
def release(obj: tuple[KafkaSettings, int], wait_s: float) -> None:
    """Stop holding records back, and append those that were to the log again. May be run again after an interruption."""
    kafka, generation = obj
    released = asyncio.run(release_held(kafka, generation, wait_s))
    click.echo(f"{released.appended} records appended again")
    for held in released.unanswered:
        click.echo(_line(kafka.topics().raw, held))
    if released.unanswered:
        raise click.ClickException(
            f"{len(released.unanswered)} keys are asked for, and no worker has let them go yet: start the processors, "
            "then run this again"
        )


def _line(raw: str, held: HeldKey) -> str:
    key = bytes.fromhex(held.hold.key).decode("utf-8", "replace")
    state = "held" if held.hold.until is None else "released" if held.is_redriven else "released, not yet re-driven"
    return f"{raw}[{held.at.partition}] from {held.at.offset}: {key}  {state}  ({held.hold.why})"

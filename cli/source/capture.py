"""`recibo source capture`: what a source sent, as a file that can be shown to others."""

import asyncio
import secrets
import time
from typing import Final, TextIO

import click

from cli.source.options import with_line, with_registry
from operations.learn.bundle import written
from operations.learn.capture import Capture
from operations.learn.capture_log import captures_at, outcomes_of
from operations.sources.registry import Registry
from runtime.kafka.settings import KafkaSettings
from schemas.errors import DeploymentError

_HOUR_MS: Final = 3_600_000
_KEY_BYTES: Final = 32


@click.command("capture", short_help="Write what a source sent to a file, personal details replaced.")
@click.argument("name")
@click.option(
    "--redact/--as-it-came", default=True, show_default=True, help="Replace personal details, the same by the same."
)
@click.option("--out", type=click.File("w", encoding="utf-8"), default="-", help="The file; default: standard output.")
@click.option("--since-hours", type=float, default=168.0, show_default=True)
@click.option(
    "--limit",
    type=click.IntRange(min=1),
    default=200,
    show_default=True,
    help="Bodies written, those not understood first.",
)
@with_line
@with_registry
def capture_command(
    *,
    registry: Registry,
    name: str,
    redact: bool,
    out: TextIO,
    since_hours: float,
    limit: int,
    kafka: KafkaSettings,
    generation: int,
) -> None:
    """Write bodies that NAME sent, those not understood first, as JSON Lines that `recibo parse` and `learn --from` read."""
    source = registry.source(name)
    now_ms = int(time.time() * 1000)
    captures = asyncio.run(_read(kafka, generation, source.name, now_ms - int(since_hours * _HOUR_MS), limit))
    if not captures:
        raise DeploymentError(f"source {name} sent nothing in the last {since_hours:g} hours: raise --since-hours")
    out.write(written(captures, secrets.token_bytes(_KEY_BYTES) if redact else None, now_ms))
    how = "personal details replaced: look through them all the same before you show them" if redact else "as they came"
    click.echo(f"{len(captures)} bodies of source {name} are written, {how}.", err=True)


async def _read(kafka: KafkaSettings, generation: int, name: str, since_ms: int, limit: int) -> list[Capture]:
    outcomes = await outcomes_of(kafka, generation, name, since_ms)
    waiting = outcomes.waiting()[:limit]
    understood = list(outcomes.understood.values())[: limit - len(waiting)]
    return await captures_at(kafka, [*waiting, *understood])

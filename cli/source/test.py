"""`recibo source test`: one event of the provider's own shape, followed to ClickHouse."""

import asyncio
import os
import ssl
import time
import uuid
from pathlib import Path
from typing import Final

import click

from cli._options import FILE
from cli._servers import clickhouse_option, generation_of
from cli.source.options import local_origin, with_line, with_origin, with_registry
from operations.sources.follow import Line, Step, send_and_follow
from operations.sources.proof import prove, webhook_url
from operations.sources.registry import Registry
from operations.sources.sample_event import sample_event
from operations.sources.trust import trusting
from runtime.clickhouse.settings import ClickHouseSettings
from runtime.kafka.settings import KafkaSettings
from schemas.authentication import knows_its_url, signs_url
from schemas.errors import DeploymentError
from schemas.sources import Source

_OWN_CERTIFICATE: Final = "RECIBO_INGEST_TLS_CERT_FILE"


@click.command("test", short_help="Send a signed test event and follow it to ClickHouse.")
@click.argument("name")
@click.option("--seconds", type=float, default=20.0, show_default=True, help="How long to wait for each step.")
@click.option(
    "--ingest",
    default="",
    metavar="URL",
    help=f"Where ingest is reached; default: --port of this machine, by HTTPS where {_OWN_CERTIFICATE} is set.",
)
@click.option("--ca-file", type=FILE, default=None, help="PEM certificates to trust; default: the system's.")
@clickhouse_option
@with_line
@with_origin
@with_registry
def test_command(
    *,
    registry: Registry,
    name: str,
    seconds: float,
    ingest: str,
    ca_file: Path | None,
    kafka: KafkaSettings,
    clickhouse: ClickHouseSettings,
    generation: int,
    public_url: str,
    ingest_port: int,
) -> None:
    """Send a signed test event as NAME's provider would, and show each step until it can be queried."""
    source = registry.source(name)
    _check_url(source, public_url)
    origin, trust = _reach(ingest, ca_file, ingest_port)
    message_id = f"recibo-test-{uuid.uuid4().hex[:16]}"
    body, content_type = sample_event(source, message_id, int(time.time() * 1000))
    proof = prove(source, origin, body, time.time(), public_url=source.public_url or public_url)
    click.echo(f"message {message_id}, delivered, to {webhook_url(origin, source, '…')}")
    line = Line(kafka, clickhouse, generation_of(kafka, generation), trust, registry.secrets_file)
    asyncio.run(send_and_follow(line, proof, body, content_type, message_id, s_max=seconds, on_step=_print_step))
    click.secho("The whole line works.", fg="green")


def _check_url(source: Source, public_url: str) -> None:
    """Refuse what cannot be taken, whatever the secret: a signed URL that nobody has said."""
    if signs_url(source.auth) and not (knows_its_url(source.auth) or source.public_url or public_url):
        raise DeploymentError(
            f"{source.provider.title} signs the URL that it calls, and none is known here: whatever it sends is refused. Say "
            f"it by `recibo source url {source.name} https://YOUR-HOST`, or set RECIBO_PUBLIC_URL for ingest and this command"
        )


def _reach(ingest: str, ca_file: Path | None, port: int) -> tuple[str, ssl.SSLContext]:
    """Return where ingest is reached, and whom to trust there: on this machine, the very certificate that ingest has."""
    own = os.environ.get(_OWN_CERTIFICATE, "")
    if ingest:
        return ingest.rstrip("/"), trusting(ca_file)
    if own or ca_file:
        is_own = ca_file is None
        return local_origin(port, "https"), trusting(ca_file or Path(own), is_this_machine=is_own)
    return local_origin(port), trusting(None)


def _print_step(step: Step) -> None:
    click.echo(f"  {step.milliseconds:8.0f} ms  {step.name:<14} {step.detail}")

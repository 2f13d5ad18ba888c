"""`recibo demo`: traffic whose truth is known, and the ledger that holds the tables to it."""

import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import click
import uvloop
from rich.console import Console

from cli._options import config_option, generation_option, secrets_file_option
from cli._servers import clickhouse_option, generation_of, kafka_option
from cli._terminal import Terminal
from deploy.demo.deployment import Deployment, registered_sources
from deploy.demo.ledger import print_ledger
from deploy.demo.run import run_demo
from deploy.demo.sabotage import Sabotage
from deploy.demo.sources import OWN_SOURCES, RECIBO_TOML, SECRETS
from deploy.demo.traffic import generate
from deploy.local.stack import Stack, StackSettings
from runtime.progress_bars import ProgressBars
from runtime.secrets_file import add_secrets
from runtime.sources_file import SourcesFile
from runtime.whole_file import replace_file
from schemas.errors import DeploymentError

_TWO_HOURS_MS: Final = 7_200_000
SECRETS_FILE: Final = "secrets.env"


@click.command()
@click.option("--seed", type=int, envvar="SEED", default=1, show_default=True, help="Same seed, same traffic.")
@click.option(
    "--events", type=click.IntRange(100), envvar="EVENTS", default=20_000, show_default=True, help="Events to post."
)
@click.option(
    "--sabotage",
    "sabotaged",
    envvar="SABOTAGE",
    default="",
    help="Break the data (drop, double or downgrade): the demo must fail.",
)
@click.option(
    "--deadline-s",
    type=float,
    default=120.0,
    show_default=True,
    help="Seconds for processing to finish after the last answer.",
)
@click.option("--keep", type=click.Path(file_okay=False, path_type=Path), help="Keep the stack's data and logs here.")
@click.option("--against", "url", default="", help="Origin of a deployment that is up, e.g. http://127.0.0.1:8080.")
@config_option
@secrets_file_option
@kafka_option
@clickhouse_option
@generation_option
def command(seed: int, events: int, sabotaged: str, deadline_s: float, **options: Any) -> None:
    """Post traffic whose truth is known, compare every message and every count, and exit 0 only when all is exact."""
    console = Terminal()
    sabotage = _sabotage(sabotaged, options["url"])
    with _deployment(options, console) as deployment:
        now_ms = time.time_ns() // 1_000_000
        run = str(now_ms) if deployment.is_shared else f"1{seed % 1_000_000:06d}"
        traffic = generate(seed, events, deployment.sources, run, now_ms - _TWO_HOURS_MS)
        with ProgressBars(console) as show:
            ledger = uvloop.run(run_demo(deployment, traffic, deadline_s, show, sabotage))
    print_ledger(ledger, console)
    if sabotage:
        seen = any(sabotage.victim in difference.subject for difference in ledger.differences)
        console.print(f"Sabotage: {sabotage.way} in the {sabotage.place}, of {sabotage.victim}.", highlight=False)
        console.print("The ledger names it." if seen else "THE LEDGER DID NOT SEE IT.", style="bold")
    sys.exit(0 if ledger.is_exact else 1)


def _sabotage(text: str, url: str) -> Sabotage | None:
    if text and url:
        raise DeploymentError("SABOTAGE breaks real data: it is for the demo's own stack, not for --against")
    try:
        return Sabotage.parse(text) if text else None
    except ValueError as error:
        raise DeploymentError(str(error)) from error


@contextmanager
def _deployment(options: dict[str, Any], console: Console) -> Iterator[Deployment]:
    """Yield the deployment named, or one of the demo's own, in a scratch directory on free ports."""
    if options["url"]:
        sources = registered_sources(SourcesFile(options["config_file"], options["secrets_file"]))
        kafka, clickhouse = options["kafka"], options["clickhouse"]
        generation = generation_of(kafka, options["generation"])
        yield Deployment(options["url"].rstrip("/"), kafka, clickhouse, sources, generation, is_shared=True)
        return
    with (
        _folder(options["keep"]) as folder,
        Stack(own_stack(folder), on_step=lambda step: console.print(step, style="dim")) as stack,
    ):
        secrets_file = folder / SECRETS_FILE
        yield Deployment(stack.addresses.ingest, stack.kafka, stack.clickhouse, OWN_SOURCES, secrets_file=secrets_file)


@contextmanager
def _folder(keep: Path | None) -> Iterator[Path]:
    if keep is not None:
        keep.mkdir(parents=True, exist_ok=False)
        yield keep
        return
    with tempfile.TemporaryDirectory(prefix="recibo-demo-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


def own_stack(folder: Path, *, starts_fast: bool = False) -> StackSettings:
    """Return the settings of a stack of the demo's own in `folder`, its sources registered (`starts_fast`: see the broker)."""
    config_file = folder / "recibo.toml"
    replace_file(config_file, RECIBO_TOML)
    add_secrets(folder / SECRETS_FILE, SECRETS)
    ports = dict.fromkeys(("ingest_port", "kafka_port", "clickhouse_port", "api_port"), 0)
    metrics = dict.fromkeys(("ingest_metrics_port", "processors_metrics_port", "projections_metrics_port"), 0)
    return StackSettings(data_dir=folder, config_file=config_file, starts_fast=starts_fast, **ports, **metrics)  # type: ignore[arg-type]  # all of them are whole numbers

"""`recibo up`: run everything that is not given, until Ctrl-C."""

import os
import shutil
import signal
import sys
import threading
from datetime import UTC, datetime
from types import FrameType
from typing import Any, Final

import click

from cli._options import (
    config_option,
    data_dir_option,
    ingest_port_option,
    partitions_option,
    port_option,
)
from cli._servers import given_clickhouse_option, given_kafka_option
from cli.up.log_text import readable
from deploy.local.sample import curl_line
from deploy.local.stack import STOP_ORDER, Addresses, Stack, StackSettings
from operations.sources.proof import webhook_url
from runtime.clickhouse.settings import ClickHouseSettings
from schemas.sources import Source

_COLOURS: Final = dict(zip(STOP_ORDER, ("green", "bright_green", "magenta", "cyan", "yellow", "blue"), strict=True))
_EXAMPLE_SQL: Final = "SELECT message_id, status, delivered_at FROM messages"
_NAME_WIDTH: Final = max(map(len, STOP_ORDER))


@click.command()
@data_dir_option
@config_option
@ingest_port_option
@port_option("--kafka-port", "RECIBO_KAFKA_PORT", 9092, "Of the broker that is started.")
@port_option("--clickhouse-port", "RECIBO_CLICKHOUSE_PORT", 8123, "Of the engine that is started.")
@port_option("--ingest-metrics-port", "RECIBO_INGEST_METRICS_PORT", 9190, "Of ingest's metrics.")
@port_option("--processors-metrics-port", "RECIBO_PROCESSORS_METRICS_PORT", 9201, "Of the processors' metrics.")
@port_option("--projections-metrics-port", "RECIBO_PROJECTIONS_METRICS_PORT", 9202, "Of the projections' metrics.")
@port_option("--relay-metrics-port", "RECIBO_RELAY_METRICS_PORT", 9203, "Of the relay's metrics.")
@given_kafka_option
@given_clickhouse_option
@partitions_option
def command(**options: Any) -> None:
    """Run the whole line on this machine: what is not given is started. Ports of 0 pick free ones."""
    settings = StackSettings(**options)
    _raise_on_signals()
    stack = Stack(settings, on_line=_print_line, on_step=lambda step: _print_line("recibo", step))
    try:
        with stack:
            click.echo(_ready_text(stack))
            _wait_for_the_end()
    except KeyboardInterrupt:  # while it started, or a moment later
        pass
    _print_line(
        "recibo", f"stopped; all data is kept in {settings.data_dir}, and the next `recibo up` continues with it"
    )


def _wait_for_the_end() -> None:
    try:
        threading.Event().wait()
    except KeyboardInterrupt:
        _print_line("recibo", "stopping: what was taken is finished first; once more to stop at once")


def _raise_on_signals() -> None:
    """Turn the first request to end into KeyboardInterrupt, and the second into an end at once."""
    asked: list[int] = []

    def on_signal(number: int, _frame: FrameType | None) -> None:
        asked.append(number)
        if len(asked) > 1:
            os._exit(128 + number)  # the children are tethered: they die with this process
        raise KeyboardInterrupt

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, on_signal)


def _print_line(name: str, text: str) -> None:
    for line in readable(text).splitlines() or [""]:
        click.echo(click.style(f"{name:<{_NAME_WIDTH}} | ", fg=_COLOURS.get(name, "white")) + line)
    sys.stdout.flush()


def _ready_text(stack: Stack) -> str:
    s, a = stack.settings, stack.addresses
    sources = stack.sources.by_name
    source = sources.get("wpp") or next(iter(sources.values()), None)
    lines = ["", click.style("Recibo is ready.", bold=True), *_source_lines(a.ingest, source, s), ""]
    lines += [
        f"Query:          {_own_command()} sql{_elsewhere(a.clickhouse)} '{_EXAMPLE_SQL}'",
        f"ClickHouse:     {a.clickhouse} (database `{stack.clickhouse.views_database}`), Kafka: {a.kafka}",
        "Metrics:        " + "  ".join(f"{address}/metrics" for address in _private(a)),
        f"Logs:           {s.data_dir / 'logs'}",
        "Stop:           Ctrl-C",
        "",
    ]
    return "\n".join(lines)


def _private(a: Addresses) -> tuple[str, ...]:
    return a.ingest_metrics, a.processors_metrics, a.projections_metrics, a.relay_metrics


def _source_lines(origin: str, source: Source | None, settings: StackSettings) -> list[str]:
    if source is None:
        return [f"No source is registered yet: add one to {settings.config_file}."]
    secret = next((secret.value for secret in source.secrets if secret.value), "…")
    url = webhook_url((os.environ.get("RECIBO_PUBLIC_URL") or origin).rstrip("/"), source, secret)
    lines = [f"Webhook URL:    {url}"]
    lines += [f"Its secret:     {secret.value}  ({secret.env})" for secret in source.secrets[:1]]
    curl = curl_line(origin, source, datetime.now(UTC))
    return [*lines, f"Try it:         {curl}"] if curl else lines


def _elsewhere(clickhouse_url: str) -> str:
    return "" if clickhouse_url == ClickHouseSettings().url else f" --clickhouse {clickhouse_url}"


def _own_command() -> str:
    """Return how this shell calls `recibo`: by its path where it is not on the PATH, as in a fresh checkout."""
    return "recibo" if shutil.which("recibo") else os.path.relpath(sys.argv[0])

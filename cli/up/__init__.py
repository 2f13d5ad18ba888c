"""`recibo up`: run everything that is not given, until Ctrl-C."""

import os
import shutil
import signal
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import Any, Final

import click

from cli.servers import given_clickhouse_option, given_kafka_option
from cli.up.log_text import readable
from deploy.local.sample import curl_line, sample_body, webhook_url
from deploy.local.stack import STOP_ORDER, Stack, StackSettings
from schemas.sources import Source

_COLOURS: Final = dict(zip(STOP_ORDER, ("green", "bright_green", "magenta", "cyan", "yellow", "blue"), strict=True))
_EXAMPLE_SQL: Final = "SELECT message_id, status, delivered_at FROM messages"
_NAME_WIDTH: Final = max(map(len, STOP_ORDER))

_FOLDER = click.Path(file_okay=False, path_type=Path)
_FILE = click.Path(dir_okay=False, path_type=Path)


@click.command()
@click.option("--data-dir", type=_FOLDER, envvar="RECIBO_DATA_DIR", default=".recibo", show_default=True)
@click.option("--config", "config_file", type=_FILE, envvar="RECIBO_CONFIG", default="recibo.toml", show_default=True)
@click.option("--port", "ingest_port", type=int, envvar="RECIBO_INGEST_PORT", default=8080, show_default=True)
@click.option("--kafka-port", type=int, envvar="RECIBO_KAFKA_PORT", default=9092, show_default=True)
@click.option("--clickhouse-port", type=int, envvar="RECIBO_CLICKHOUSE_PORT", default=8123, show_default=True)
@click.option("--processors-metrics-port", type=int, envvar="RECIBO_PROCESSORS_METRICS_PORT", default=9201)
@click.option("--projections-metrics-port", type=int, envvar="RECIBO_PROJECTIONS_METRICS_PORT", default=9202)
@click.option("--relay-metrics-port", type=int, envvar="RECIBO_RELAY_METRICS_PORT", default=9203)
@given_kafka_option
@given_clickhouse_option
@click.option("--generation", type=int, envvar="RECIBO_GENERATION", default=0, help="0: what the data directory says.")
@click.option("--partitions", type=int, envvar="RECIBO_PARTITIONS", default=4, help="Of topics created now.")
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
    _print_line("recibo", f"stopped; all data is kept in {settings.data_dir}, and the next `recibo up` goes on with it")


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
        f"Metrics:        {a.ingest}/metrics  {a.processors_metrics}/metrics  {a.projections_metrics}/metrics  {a.relay_metrics}/metrics",
        f"Logs:           {s.data_dir / 'logs'}",
        "Stop:           Ctrl-C",
        "",
    ]
    return "\n".join(lines)


def _source_lines(origin: str, source: Source | None, settings: StackSettings) -> list[str]:
    if source is None:
        return [f"No source is registered yet: add one to {settings.config_file}."]
    url = webhook_url(os.environ.get("RECIBO_PUBLIC_URL", origin).rstrip("/"), source)
    lines = [f"Webhook URL:    {url}"]
    lines += [f"Its secret:     {secret.value}  ({secret.env})" for secret in source.secrets[:1]]
    curl = curl_line(origin, source, sample_body(datetime.now(UTC)))
    return [*lines, f"Try it:         {curl}"] if curl else lines


def _elsewhere(clickhouse_url: str) -> str:
    return "" if clickhouse_url == "http://127.0.0.1:8123" else f" --clickhouse {clickhouse_url}"


def _own_command() -> str:
    """Return how this shell calls `recibo`: by its path where it is not on the PATH, as in a fresh checkout."""
    return "recibo" if shutil.which("recibo") else os.path.relpath(sys.argv[0])

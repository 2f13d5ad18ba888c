"""`recibo up`: run everything that is not given, until Ctrl-C."""

import os
import shlex
import shutil
import signal
import sys
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
from deploy.local.engine_access import FOLDER, USER
from deploy.local.private_files import PRIVATE_UMASK
from deploy.local.sample import curl_line
from deploy.local.stack import STOP_ORDER, Addresses, Stack, StackSettings
from operations.sources.proof import webhook_url
from runtime.clickhouse.settings import ClickHouseSettings
from runtime.shared_settings import SHARED
from runtime.signals import woken_by_signals
from schemas.authentication import Hmac, NoAuthentication
from schemas.sources import Source

_COLOURS: Final = dict(
    zip(STOP_ORDER, ("green", "bright_green", "magenta", "cyan", "bright_cyan", "yellow", "blue"), strict=True)
)
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
@port_option("--api-port", "RECIBO_API_PORT", 8090, "Of the query API.")
@port_option("--api-metrics-port", "RECIBO_API_METRICS_PORT", 9204, "Of the API's metrics.")
@given_kafka_option
@given_clickhouse_option
@partitions_option
def command(**options: Any) -> None:
    """Run the whole line on this machine: what is not given is started. Ports of 0 pick free ones."""
    os.umask(PRIVATE_UMASK)
    settings = StackSettings(**options, needs_tables=False)
    is_first = not settings.config_file.exists()
    _raise_on_signals()
    stack = Stack(settings, on_line=_print_line, on_step=lambda step: _print_line("recibo", step))
    try:
        with stack:
            click.echo(_ready_text(stack, is_first=is_first))
            _wait_for_the_end()
    except KeyboardInterrupt:  # while it started, or a moment later
        pass
    _print_line(
        "recibo", f"stopped; all data is kept in {settings.data_dir}, and the next `recibo up` continues with it"
    )


def _wait_for_the_end() -> None:
    try:
        with woken_by_signals() as next_signal:
            while True:
                next_signal()
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


def _ready_text(stack: Stack, *, is_first: bool) -> str:
    s, a = stack.settings, stack.addresses
    sources = stack.sources.by_name
    source = sources.get("wpp") or next(iter(sources.values()), None)
    state = "Recibo takes webhooks, and fills no table: see above." if stack.trouble else "Recibo is ready."
    lines = ["", click.style(state, bold=True), *_source_lines(a, source, s, is_first=is_first), ""]
    engine = f"{a.clickhouse} (database `{stack.clickhouse.views_database}`"
    if s.clickhouse is None:
        engine += f", user `{USER}`, its password in {s.data_dir / FOLDER / 'password'}"
    lines += [
        f"Query:          {_data_dir(s)}{_own_command()} sql{_elsewhere(a.clickhouse)} '{_EXAMPLE_SQL}'",
        f"API:            {a.api}/api/v1/docs (a token for it: {_own_command()} token create)",
        f"ClickHouse:     {engine}), Kafka: {a.kafka}",
        "Metrics:        " + "  ".join(f"{address}/metrics" for address in _private(a)),
        f"Logs:           {s.data_dir / 'logs'}",
        "Stop:           Ctrl-C",
        "",
    ]
    return "\n".join(lines)


def _private(a: Addresses) -> tuple[str, ...]:
    return a.ingest_metrics, a.processors_metrics, a.projections_metrics, a.relay_metrics, a.api_metrics


def _source_lines(addresses: Addresses, source: Source | None, settings: StackSettings, *, is_first: bool) -> list[str]:
    """Return what to post and where; what is secret in it on the first start alone, since output is kept and shared."""
    origin = addresses.ingest
    if source is None:
        return [f"No source is registered yet: add one to {settings.config_file}."]
    told = next((secret.value for secret in source.secrets if secret.value), "…")
    secret = told if is_first else "…"
    url = webhook_url(source.public_url or (os.environ.get("RECIBO_PUBLIC_URL") or origin).rstrip("/"), source, secret)
    lines = [f"Webhook URL:    {url}"]
    where = f"{settings.secrets_file}, line {{}}; `recibo source show {source.name} --reveal` prints it"
    lines += [
        f"Its secret:     {s.value}  ({s.env})" if is_first else f"Its secret:     in {where.format(s.env)}"
        for s in source.secrets[:1]
    ]
    is_a_proof_alone = isinstance(source.auth, Hmac | NoAuthentication)
    curl = curl_line(origin, source, datetime.now(UTC)) if is_first or is_a_proof_alone else None
    return [*lines, f"Try it:         {curl or _test_line(addresses, source, settings)}"]


def _test_line(addresses: Addresses, source: Source, settings: StackSettings) -> str:
    """Return the command that posts a test event of a source whose proof cannot be written down for later, or is a secret."""
    own = {"RECIBO_CONFIG": settings.config_file, "RECIBO_SECRETS_FILE": settings.secrets_file}
    usual = (SHARED.config_file, settings.data_dir / "secrets.env")
    named = [
        f"{name}={shlex.quote(str(value))} "
        for (name, value), known in zip(own.items(), usual, strict=True)
        if value != known
    ]
    kafka = "" if addresses.kafka == SHARED.kafka.bootstrap_servers else f" --kafka {addresses.kafka}"
    where = f"--port {addresses.ingest.rpartition(':')[2]}{kafka}{_elsewhere(addresses.clickhouse)}"
    data_dir = "" if settings.data_dir == SHARED.data_dir else f"RECIBO_DATA_DIR={shlex.quote(str(settings.data_dir))} "
    return f"{data_dir}{''.join(named)}{_own_command()} source test {source.name} {where}"


def _data_dir(settings: StackSettings) -> str:
    """Return what tells a command where the password is, where that is not its default."""
    if settings.clickhouse is not None or settings.data_dir == SHARED.data_dir:
        return ""
    return f"RECIBO_DATA_DIR={shlex.quote(str(settings.data_dir))} "


def _elsewhere(clickhouse_url: str) -> str:
    return "" if clickhouse_url == ClickHouseSettings().url else f" --clickhouse {clickhouse_url}"


def _own_command() -> str:
    """Return how this shell calls `recibo`: by its path where it is not on the PATH, as in a fresh checkout."""
    return "recibo" if shutil.which("recibo") else os.path.relpath(sys.argv[0])

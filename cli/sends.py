"""`recibo sends`: what is known of what was sent, manifest by manifest; and taken back."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import click
from rich.table import Table

from cli._servers import clickhouse_option, kafka_option
from cli._terminal import Terminal
from cli.reconcile import STATEMENT_S_MAX, told
from reconciliation.keep.keeping import Keeping
from reconciliation.keep.send_tables import ManifestRow, SendTables
from runtime.clickhouse.client import connect
from runtime.clickhouse.settings import ClickHouseSettings
from runtime.kafka.settings import KafkaSettings
from runtime.progress_bars import ProgressBars


@click.group()
@clickhouse_option
@click.pass_context
def command(context: click.Context, clickhouse: ClickHouseSettings) -> None:
    """Files, tables and requests of sends that are kept, each a manifest."""
    context.obj = clickhouse


@command.command("list")
@click.option("--account", default="", help="Of this account alone.")
@click.pass_obj
def list_(clickhouse: ClickHouseSettings, account: str) -> None:
    """List all manifests, those written last first."""
    with told(clickhouse):
        found = _tables(clickhouse).manifests(account)
    console, table = Terminal(), Table()
    for heading in ("account", "manifest", "role", "name", "rows", "refused", "last written (UTC)", ""):
        table.add_column(heading, overflow="fold")
    for m in found:
        state = "" if m.is_complete or not m.by else "interrupted: run it again"
        table.add_row(m.account, m.manifest, m.role, m.name, f"{m.rows:,}", f"{m.refused:,}", _time(m.last_at), state)
    console.print(table if found else "no sends are kept; `recibo reconcile FILE` keeps those of a file")


@command.command()
@click.argument("manifest")
@click.option("--account", default="", help="Where two accounts have it.")
@click.pass_obj
def show(clickhouse: ClickHouseSettings, manifest: str, account: str) -> None:
    """Show what is known of MANIFEST (or of the one that begins so)."""
    with told(clickhouse):
        tables = _tables(clickhouse)
        found = tables.named(account, manifest)
        count = tables.count(found.account, found.manifest)
    console = Terminal()
    for name, value in _facts(found, count).items():
        console.print(f"{name}: {value}", highlight=False, soft_wrap=True)


@command.command()
@click.argument("manifest")
@click.option("--account", default="", help="Where two accounts have it.")
@click.option("--yes", is_flag=True, help="Without asking.")
@kafka_option
@click.pass_obj
def delete(clickhouse: ClickHouseSettings, manifest: str, account: str, kafka: KafkaSettings, *, yes: bool) -> None:
    """Take all rows of MANIFEST (or of the one that begins so) back. May be run again after an interruption."""
    with told(clickhouse):
        tables = _tables(clickhouse)
        found = tables.named(account, manifest)
        if not yes:
            rows = tables.count(found.account, found.manifest)
            click.confirm(f"Take back {rows:,} rows of {found.name or found.manifest}?", abort=True)
        with ProgressBars(Terminal(stderr=True)) as progress:
            done = asyncio.run(Keeping(kafka, tables, progress).delete(found.account, found.manifest))
    click.echo(f"{done.taken_back:,} rows taken back")


def _tables(clickhouse: ClickHouseSettings) -> SendTables:
    return SendTables(connect(clickhouse, timeout_s=STATEMENT_S_MAX, writes=True), clickhouse.database)


def _facts(m: ManifestRow, count: int) -> dict[str, Any]:
    facts = {
        "manifest": m.manifest,
        "account": m.account,
        "role": m.role,
        "name": m.name,
        "rows now": f"{count:,}",
        "rows refused": f"{m.refused:,}",
        "first written (UTC)": _time(m.first_at),
        "last written (UTC)": _time(m.last_at),
        "by": m.by,
        "read up to": m.watermark,
        "in place of": m.replaces,
        "read as": m.mapping,
        "complete": "yes" if m.is_complete else "no" if m.by else "not said: who wrote it used the topic",
    }
    return {name: value for name, value in facts.items() if value}


def _time(at_ms: int) -> str:
    return f"{datetime.fromtimestamp(at_ms / 1000, UTC):%Y-%m-%d %H:%M:%S}"

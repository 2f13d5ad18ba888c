"""`recibo runs`: reconciliations that were made: compare what is kept, show again, tell apart, acknowledge."""

import time
from datetime import UTC, datetime
from typing import Any

import click
from rich.table import Table

from cli._servers import clickhouse_option
from cli._terminal import Terminal
from cli.reconcile import told, whoever
from cli.reconcile.comparing import Comparing, compare_and_show, comparing_options, run_tables, show_again
from reconciliation.keep.send_tables import SendTables
from reconciliation.match.classes import DIFFERENCES
from reconciliation.run.change import changes
from runtime.clickhouse.settings import ClickHouseSettings
from schemas.errors import ConfigurationError


@click.group()
@clickhouse_option
@click.pass_context
def command(context: click.Context, clickhouse: ClickHouseSettings) -> None:
    """Reconciliations that were made, each named and kept."""
    context.obj = clickhouse


@command.command()
@click.argument("manifests", nargs=-1, required=True)
@click.option("--account", default="", help="Where two accounts have such a manifest.")
@comparing_options
@click.pass_obj
def make(clickhouse: ClickHouseSettings, manifests: tuple[str, ...], account: str, comparing: Comparing) -> None:
    """Compare MANIFESTS (or those that begin so, of `recibo sends list`) with what came back. Each time is a new run."""
    limits = comparing.limits
    with told(clickhouse):
        tables = run_tables(clickhouse)
        sends = SendTables(tables.client, tables.store)
        found = [sends.named(account, name) for name in (*manifests, *comparing.others)]
        accounts = {m.account for m in found}
        if len(accounts) > 1:
            raise ConfigurationError(
                f"the manifests are of several accounts: {', '.join(sorted(accounts))}; say --account"
            )
        names = tuple(dict.fromkeys(m.manifest for m in found))
        asked = comparing.asked(found[0].account, names, whoever(), clickhouse.time_zone)
        compare_and_show(Terminal(), clickhouse, comparing, asked, limits)


@command.command("list")
@click.option("--account", default="", help="Of this account alone.")
@click.pass_obj
def list_(clickhouse: ClickHouseSettings, account: str) -> None:
    """List all runs, the latest first."""
    with told(clickhouse):
        found = run_tables(clickhouse).runs(account)
    console, table = Terminal(), Table()
    for heading in ("name", "account", "made (UTC)", "by", "rows", "differences", "run"):
        table.add_column(heading, overflow="fold")
    for r in found:
        made = f"{datetime.fromtimestamp(r.made_ms / 1000, UTC):%Y-%m-%d %H:%M:%S}"
        table.add_row(r.name, r.account, made, r.by, f"{r.counted:,}", f"{r.counts['differences']:,}", r.run)
    console.print(table if found else "no reconciliation was made; `recibo reconcile FILE` makes one")


@command.command()
@click.argument("name")
@click.option("--account", default="", help="Where two accounts have a run of that name.")
@comparing_options
@click.pass_obj
def show(clickhouse: ClickHouseSettings, name: str, account: str, comparing: Comparing) -> None:
    """Show the latest run called NAME (or the run of that id) as it was, and write its reports again: the same bytes."""
    with told(clickhouse):
        tables = run_tables(clickhouse)
        show_again(Terminal(), tables, comparing, tables.named(name, account))


@command.command()
@click.argument("name")
@click.argument("earlier", required=False)
@click.option("--account", default="", help="Where two accounts have a run of that name.")
@click.pass_obj
def diff(clickhouse: ClickHouseSettings, name: str, earlier: str | None, account: str) -> None:
    """Show what differs between run NAME and EARLIER (the account's run before it, where it is not named)."""
    with told(clickhouse):
        tables = run_tables(clickhouse)
        later = tables.named(name, account)
        if not (earlier or later.previous):
            raise ConfigurationError(f"{name} is the first run of {later.account}: name the one to compare with")
        before = tables.named(earlier or later.previous, later.account)
        told_changes = tables.changes(before, later)
    console, table = Terminal(), Table(title=f"{before.name} → {later.name}", title_justify="left")
    for heading in ("class before", "class now", "rows"):
        table.add_column(heading)
    for change in changes(told_changes):
        table.add_row(change.before, change.now, f"{change.rows:,}")
    console.print(table)


@command.command()
@click.argument("name")
@click.option("--account", default="", help="Where two accounts have a run of that name.")
@click.option(
    "--class", "classes", multiple=True, type=click.Choice([str(c) for c in DIFFERENCES]), help="All of a class."
)
@click.option("--subject", default="", help="One difference: its message id, else reference, else manifest/row.")
@click.option("--reason", required=True, help="Why it is all right.")
@click.option("--withdraw", is_flag=True, help="It is not, after all.")
@click.pass_obj
def ack(clickhouse: ClickHouseSettings, /, name: str, account: str, classes: tuple[str, ...], **said: Any) -> None:
    """Acknowledge differences of run NAME: later runs say so beside them."""
    if not (classes or said["subject"]):
        raise click.UsageError("say which: --class or --subject")
    with told(clickhouse):
        tables = run_tables(clickhouse)
        record = tables.named(name, account)
        found = tables.subjects(record, classes or DIFFERENCES, said["subject"])
        if not found:
            raise ConfigurationError(f"run {name} has no such difference; `recibo runs show {name}` lists them")
        now_ms = time.time_ns() // 1_000_000
        tables.acknowledge(record.account, found, said["reason"], whoever(), now_ms, withdrawn=said["withdraw"])
    click.echo(f"{len(found):,} differences {'withdrawn' if said['withdraw'] else 'acknowledged'}")

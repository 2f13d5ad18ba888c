"""`recibo resend-list`: which messages of a run may be sent again, and which may have arrived."""

import sys
from pathlib import Path

import click

from cli._options import FILE
from cli._servers import clickhouse_option
from cli.reconcile import told
from cli.reconcile.comparing import run_tables
from reconciliation.report.resend_list import resend_list
from runtime.clickhouse.settings import ClickHouseSettings
from runtime.whole_file import new_file


@click.command("resend-list")
@click.argument("run")
@click.option("--account", default="", help="Where two accounts have a run of that name.")
@click.option("--only", type=click.Choice(["safe", "may_double", "no"]), help="Only those rows.")
@click.option("--out", type=FILE, help="Write to this file; else to standard output.")
@clickhouse_option
def command(clickhouse: ClickHouseSettings, run: str, account: str, only: str | None, out: Path | None) -> None:
    """Write CSV of what RUN found undelivered: reference, line, tags, why, and whether sending it again is safe.

    safe: it failed before WhatsApp took it, and neither it nor another message of its reference was delivered since. may_double: it was accepted, and no delivery is known. no: all else.
    """
    with told(clickhouse):
        tables = run_tables(clickhouse)
        lines = resend_list(tables, tables.named(run, account), clickhouse.views_database, only or "")
        if out is None:
            for chunk in lines:
                sys.stdout.buffer.write(chunk)
            return
        with new_file(out, mode=0o600) as file:
            for chunk in lines:
                file.write(chunk)
    click.echo(f"written: {out}", err=True)

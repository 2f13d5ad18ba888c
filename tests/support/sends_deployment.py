"""`recibo reconcile` and `recibo sends` as tests call them, on topics and tables of their own."""

from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from cli.reconcile import command
from cli.sends import command as sends_command
from tests.support.databases import Databases

NOW = "store.message_send FINAL WHERE NOT is_deleted AND account = {account:String}"


class SendsDeployment:
    """Topics of a prefix of their own, tables, and a projector between them."""

    def __init__(self, databases: Databases, kafka: str, prefix: str) -> None:
        self.databases = databases
        self.account = prefix.strip(".")
        self.environ = {
            "KAFKA_BOOTSTRAP_SERVERS": kafka,
            "CLICKHOUSE_URL": databases.url,
            "RECIBO_TOPIC_PREFIX": prefix,
            "RECIBO_PROJECTIONS_STORE": databases.store,
            "RECIBO_CLICKHOUSE_VIEWS": databases.views,
            "COLUMNS": "250",
        }

    def reconcile(self, *arguments: str, **options: Any) -> Result:
        """Run `recibo reconcile`."""
        arguments = ("--account", self.account, *arguments)
        return CliRunner().invoke(command, list(arguments), env=self.environ, **options)

    def sends(self, *arguments: str) -> Result:
        """Run `recibo sends`."""
        return CliRunner().invoke(sends_command, list(arguments), env=self.environ)

    def rows(self, columns: str = "message_id") -> list[tuple[Any, ...]]:
        """The sends that count now."""
        text = f"SELECT {columns} FROM {NOW} ORDER BY manifest, row"
        return self.databases.rows(text, account=self.account)


def written(path: Path, rows: range, campaign: str = "natal") -> Path:
    """Write a file of sends with these numbers."""
    path.write_text("message_id;campanha\n" + "".join(f"m-{n};{campaign}\n" for n in rows))
    return path

"""`recibo reconcile` and `recibo sends`, with a real broker, engine and projector."""

import asyncio
import os
import signal
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from cli.reconcile import command
from cli.sends import command as sends_command
from operations.generation import settle
from operations.topics import create_missing
from projections.clickhouse.migrate import migrate
from reconciliation import app
from reconciliation.keep.keeping import Keeping
from reconciliation.keep.send_tables import SendTables
from reconciliation.read.mapping import Wanted
from runtime.clickhouse.client import connect
from runtime.clickhouse.settings import ClickHouseSettings
from runtime.kafka.settings import KafkaSettings
from schemas.errors import ConfigurationError, DeploymentError
from tests.integration.projections.test_projector import projector
from tests.support.databases import Databases
from tests.support.line import quiet

pytestmark = pytest.mark.timeout(240)

CHECKOUT = Path(__file__).parents[3]
NOW = "store.message_send FINAL WHERE NOT is_deleted AND account = {account:String}"


class Deployment:
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


@pytest.fixture(scope="module")
def deployment(
    clickhouse_url: str, kafka_bootstrap: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Deployment]:
    """Topics, databases and a projector that the tests of this file share."""
    name = f"sends{uuid.uuid4().hex[:8]}"
    client = connect(ClickHouseSettings(clickhouse_url))
    databases = Databases(client, clickhouse_url, f"{name}_store", name)
    migrate(client, databases.store, views_database=name)
    kafka = KafkaSettings(kafka_bootstrap, topic_prefix=f"{name}.", raw_timestamps="CreateTime")
    asyncio.run(settle(kafka, 4, tmp_path_factory.mktemp("data"), {}))
    made = Deployment(databases, kafka_bootstrap, f"{name}.")
    with projector(databases, kafka_bootstrap, **made.environ):
        yield made
    for database in (name, f"{name}_numbers", f"{name}_bi", databases.store):
        client.command(f"DROP DATABASE {database} SYNC")
    client.close()


@pytest.fixture
def line(deployment: Deployment, fresh_name: str) -> Deployment:
    """The deployment, with an account of the test's own."""
    deployment.account = fresh_name
    return deployment


def written(path: Path, rows: range, campaign: str = "natal") -> Path:
    path.write_text("message_id;campanha\n" + "".join(f"m-{n};{campaign}\n" for n in rows))
    return path


def test_a_preview_writes_nothing(line: Deployment, tmp_path: Path) -> None:
    """First rows as understood, columns and what would be refused are shown; no row and no manifest is there after it."""
    path = tmp_path / "envios.csv"
    path.write_text("Pedido;Telefone;Mensagem\n77;5511987654321;Olá\n78;5,51199E+12;Olá\n", encoding="cp1252")
    result = line.reconcile(str(path), "--preview", "--tag", "Pedido")
    assert result.exit_code == 0, result.output
    for told in (
        "CSV in cp1252",
        "tag Pedido",
        "+5511987654321",
        "1 would be kept, 1 refused",
        "row 3, column Telefone",
    ):
        assert told in result.output
    assert "Olá" not in result.output
    assert line.rows() == []
    assert "no sends" in line.sends("list", "--account", line.account).output
    assert line.reconcile(str(path), input="n\n").exit_code == 1
    assert line.rows() == []


def test_the_same_file_is_kept_once(line: Deployment, tmp_path: Path) -> None:
    """The second time nothing is written; under another name neither; read otherwise, the same manifest has the new rows."""
    path = written(tmp_path / "a.csv", range(3_000))
    assert line.reconcile(str(path), "--yes").exit_code == 0
    before = line.rows("row, version")
    assert len(before) == 3_000
    again = line.reconcile(str(path.rename(tmp_path / "b.csv")), "--yes")
    assert "kept before (3,000)" in again.output
    assert line.rows("row, version") == before
    other = line.reconcile(str(tmp_path / "b.csv"), "--yes", "--column", "template=campanha")
    assert other.exit_code == 0, other.output
    assert set(line.rows("template, campaign")) == {("natal", "")}
    listed = line.sends("list", "--account", line.account).output
    assert listed.count("3,000") == 1


def test_a_corrected_file_takes_the_place_of_the_old_one(line: Deployment, tmp_path: Path) -> None:
    """With --replace the old rows are gone; without it both files count. A manifest that is deleted is gone, too."""
    old = written(tmp_path / "old.csv", range(5))
    new = written(tmp_path / "new.csv", range(2, 9), "corrigida")
    assert line.reconcile(str(old), "--yes").exit_code == 0
    manifest = line.rows("manifest")[0][0]
    assert isinstance(line.reconcile(str(old), "--yes", "--replace", manifest).exception, ConfigurationError)
    replaced = line.reconcile(str(new), "--yes", "--replace", manifest[:10])
    assert "5 rows of before were taken back" in replaced.output, replaced.output
    assert [row for (row,) in line.rows()] == [f"m-{n}" for n in range(2, 9)]
    again = line.reconcile(str(new), "--yes", "--replace", manifest[:10])
    assert again.exit_code == 0, again.output
    shown = line.sends("show", line.rows("manifest")[0][0][:12], "--account", line.account).output
    assert f"in place of: {manifest}" in shown
    assert "rows now: 7" in shown
    deleted = line.sends("delete", line.rows("manifest")[0][0], "--account", line.account, "--yes")
    assert "7 rows taken back" in deleted.output
    assert line.rows() == []
    assert line.reconcile(str(old), "--yes").exit_code == 0, "what was replaced may be kept again"
    assert len(line.rows()) == 5


def test_refused_rows_are_written_where_asked(line: Deployment, tmp_path: Path) -> None:
    """With where, what, why and what to do, safe to open in a spreadsheet; the others are kept."""
    path, refused = tmp_path / "sends.csv", tmp_path / "refused.csv"
    path.write_text("message_id,to\nm-1,=cmd()\nm-2,5511987654321\n")
    result = line.reconcile(str(path), "--yes", "--refused", str(refused))
    assert "1 rows kept, 1 refused" in result.output, result.output
    header, row = refused.read_text(encoding="utf-8-sig").splitlines()
    assert header == "row,column,value,why,what to do"
    assert row.startswith("2,to,'=cmd(),")
    assert refused.stat().st_mode & 0o077 == 0


def test_a_mapping_is_saved_and_used_by_its_name(line: Deployment, tmp_path: Path) -> None:
    """What was said once is said by a name; a name that nobody saved is refused with those that are."""
    path = tmp_path / "sends.csv"
    path.write_text("x,y\nm-1,a\n")
    said = ("--column", "message_id=x", "--tag", "label=y", "--save-mapping", "crm")
    assert line.reconcile(str(path), "--yes", *said).exit_code == 0
    path.write_text("x,y,campaign\nm-2,b,c\n")
    result = line.reconcile(str(path), "--yes", "--mapping", "crm")
    assert result.exit_code == 0, result.output
    assert sorted(line.rows("message_id, tags, campaign")) == [("m-1", {"label": "a"}, ""), ("m-2", {"label": "b"}, "")]
    unknown = line.reconcile(str(path), "--yes", "--mapping", "erp")
    assert "saved are crm" in str(unknown.exception)


def test_a_table_is_read_on_from_its_watermark(line: Deployment) -> None:
    """New rows come, a corrected one takes the place of what it was, the rest stays as it was kept; read otherwise, all is read again."""
    crm, client = f"crm_{line.account.replace('-', '_')}", line.databases.client
    columns = "(id String, number Nullable(Int64), sent DateTime, price Decimal(10, 4), body String, updated_at DateTime64(3))"
    client.command(f"CREATE DATABASE {crm}")
    client.command(f"CREATE TABLE {crm}.sends {columns} ENGINE = ReplacingMergeTree ORDER BY id")
    said = (
        "--table",
        f"{crm}.sends",
        "--watermark",
        "updated_at",
        "--column",
        "reference=id",
        "--column",
        "sent_at=sent",
    )
    insert = f"INSERT INTO {crm}.sends SELECT toString(number), 5511987654321, toDateTime(1795888923, 'UTC')"

    def kept(*further: str) -> str:
        result = line.reconcile("--yes", *said, "--column", "amount=price", *further)
        assert result.exit_code == 0, result.output
        return result.output

    try:
        client.command(f"{insert}, 0.0345, 'Olá', now64(3) - INTERVAL 2 HOUR FROM numbers(3000)")
        assert "3,000 rows kept, 0 refused" in kept()
        facts = "toUnixTimestamp(assumeNotNull(sent_at)), amount_micros, recipient, line"
        assert set(line.rows(facts)) == {(1795888923, 34_500, "5511987654321", "+5511987654321")}
        before = dict(line.rows("reference, version"))
        client.command(f"{insert}, 0.05, 'Olá', now64(3) - INTERVAL 1 HOUR FROM numbers(2998, 4)")
        assert "3,002 rows kept" in kept()
        assert dict(line.rows("reference, amount_micros")) == {
            str(n): 34_500 if n < 2998 else 50_000 for n in range(3002)
        }
        after = dict(line.rows("reference, version"))
        assert {ref for ref, version in after.items() if before.get(ref) != version} == {
            str(n) for n in range(2998, 3002)
        }
        assert "3,002 rows kept" in kept()
        assert "3,002 rows kept" in kept("--tag", "price=price")
        assert len(line.rows()) == 3_002
    finally:
        client.command(f"DROP DATABASE {crm} SYNC")


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (("--table", "a b", "--watermark", "x"), "write DATABASE.TABLE"),
        (("--table", "nowhere.sends", "--watermark", "x"), "nowhere.sends cannot be read"),
        (("--table", "system.tables", "--watermark", "x", "--column", "reference=name"), "has no column `x`"),
        (("--table", "system.tables", "--watermark", "x"), "no column names a message"),
    ],
)
def test_a_table_that_cannot_be_read_is_refused(line: Deployment, said: tuple[str, ...], told: str) -> None:
    """With the names that there are."""
    result = line.reconcile("--yes", *said)
    assert isinstance(result.exception, ConfigurationError)
    assert told in str(result.exception)


DYING = """
import os, signal, sys
from cli.reconcile import command
from reconciliation.keep import keeping, send_log, send_tables

def dies(kind, name, nth):
    method = getattr(kind, name)
    seen = 0
    def called(*arguments, **options):
        nonlocal seen
        seen += 1
        if seen == nth:
            os.kill(os.getpid(), signal.SIGKILL)
        return method(*arguments, **options)
    setattr(kind, name, called)

where, nth = sys.argv[1], int(sys.argv[2])
kinds = {"append": send_log.SendLog, "write": send_tables.SendTables, "arrived": send_tables.SendTables, "older_rows": send_tables.SendTables}
send_log._BATCH_BYTES = 4_096
dies(kinds[where], where, nth)
command(sys.argv[3:])
"""


@pytest.mark.parametrize(
    ("where", "nth"), [("append", 2), ("append", 4), ("arrived", 1), ("older_rows", 1), ("write", 2)]
)
def test_killed_anywhere_and_run_again(line: Deployment, tmp_path: Path, where: str, nth: int) -> None:
    """Killed with half of the rows in the log, while it waits, or before the manifest is complete: run again, exactly the file's rows."""
    path = written(tmp_path / "sends.csv", range(7_000))
    arguments = (where, str(nth), "--account", line.account, str(path), "--yes", "--column", "template=campanha")
    killed = subprocess.run(
        [sys.executable, "-c", DYING, *arguments],
        cwd=CHECKOUT,
        env={**os.environ, **line.environ},
        capture_output=True,
        check=False,
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    shown = line.sends("list", "--account", line.account).output
    assert "interrupted: run it again" in shown
    result = line.reconcile(str(path), "--yes")
    assert "7,000 rows kept, 0 refused" in result.output, result.output
    rows = line.rows("row, message_id, campaign, template")
    assert rows == [(n + 2, f"m-{n}", "natal", "") for n in range(7_000)]
    assert "interrupted" not in line.sends("list", "--account", line.account).output


async def test_a_projector_that_stands_still_is_said(line: Deployment, kafka_bootstrap: str, tmp_path: Path) -> None:
    """Rows that the table does not get are no success: how many are in the log, how many in the table, and what to do."""
    kafka = KafkaSettings(kafka_bootstrap, topic_prefix=f"{line.account}.", raw_timestamps="CreateTime")
    await create_missing(kafka, 1, 4)  # topics that nobody projects
    tables = SendTables(line.databases.client, line.databases.store)
    source = app.open_file(written(tmp_path / "sends.csv", range(3)), quiet)
    reading = app.understood(source, Wanted(), line.account, "sender", time_zone="UTC", progress=quiet)
    keeping = Keeping(kafka, tables, quiet, patience_s=0.5)
    with pytest.raises(
        DeploymentError, match=r"3 rows are in .*message.sends, and 0 of them .* projections stand still"
    ):
        await app.keep(keeping, reading, "test", lambda _: None)


def test_a_broker_that_does_not_answer_is_said(line: Deployment, tmp_path: Path) -> None:
    """In one line, with what to do: nothing is written twice."""
    path = written(tmp_path / "sends.csv", range(3))
    result = line.reconcile(str(path), "--yes", "--kafka", "127.0.0.1:9")
    assert isinstance(result.exception, DeploymentError), result.output
    assert "Run it again: what is in already is not written twice" in str(result.exception)
    assert line.reconcile(str(path), "--yes").exit_code == 0
    assert len(line.rows()) == 3

"""`recibo reconcile` killed, and servers that do not answer: run again, exactly the file's rows are kept."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from operations.topics import create_missing
from reconciliation import app
from reconciliation.keep.keeping import Keeping
from reconciliation.keep.send_tables import SendTables
from reconciliation.read.mapping import Wanted
from runtime.kafka.settings import KafkaSettings
from runtime.programs import CHECKOUT
from schemas.errors import DeploymentError
from tests.support.line import quiet
from tests.support.sends_deployment import SendsDeployment, written

pytestmark = pytest.mark.timeout(240)


@pytest.mark.parametrize(
    ("where", "nth"),
    [
        ("append", 2),
        pytest.param("append", 4, marks=pytest.mark.long_fault),
        ("arrived", 1),
        pytest.param("older_rows", 1, marks=pytest.mark.long_fault),
        ("write", 2),
    ],
)
def test_killed_anywhere_and_run_again(line: SendsDeployment, tmp_path: Path, where: str, nth: int) -> None:
    """Killed with half of the rows in the log, while it waits, or before the manifest is complete: run again, exactly the file's rows."""
    path = written(tmp_path / "sends.csv", range(7_000))
    arguments = (where, str(nth), "--account", line.account, str(path), "--yes", "--column", "template=campanha")
    killed = subprocess.run(
        [sys.executable, "-m", "tests.integration.cli.dying_reconcile", *arguments],
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


async def test_a_projector_that_stands_still_is_said(
    line: SendsDeployment, kafka_bootstrap: str, tmp_path: Path
) -> None:
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


def test_a_broker_that_does_not_answer_is_said(line: SendsDeployment, tmp_path: Path) -> None:
    """In one line, with what to do: nothing is written twice."""
    path = written(tmp_path / "sends.csv", range(3))
    result = line.reconcile(str(path), "--yes", "--kafka", "127.0.0.1:9")
    assert isinstance(result.exception, DeploymentError), result.output
    assert "Run it again: what is in already is not written twice" in str(result.exception)
    assert line.reconcile(str(path), "--yes").exit_code == 0
    assert len(line.rows()) == 3

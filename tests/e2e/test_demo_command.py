"""`recibo demo` as it is called: its exit code is the ledger's verdict."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cli.demo import command
from reconciliation.match.classes import Class
from schemas.errors import DeploymentError
from tests.support.line import Line

pytestmark = pytest.mark.timeout(300)


def demo(*arguments: str, **environ: str) -> Result:
    """Run `recibo demo` with little traffic."""
    environ |= {"COLUMNS": "200", "SABOTAGE": ""}
    return CliRunner().invoke(command, ["--events", "200", *arguments], env=environ)


def test_a_deployment_that_is_up_is_held_to_the_ledger(line: Line) -> None:
    """With --against, the sources of its recibo.toml are posted to, progress and ledger are shown, and exact is 0."""
    folder: Path = line.folder
    at = ("--against", line.deployment.url, "--kafka-bootstrap-servers", line.deployment.kafka.bootstrap_servers)
    files = ("--config", str(folder / "recibo.toml"), "--secrets", str(folder / "secrets.env"))
    result = demo(*at, *files, "--clickhouse-url", line.deployment.clickhouse.url, RECIBO_DATA_DIR=str(folder))
    assert result.exit_code == 0, result.output
    for shown in ("posted", "requests", "distinct", "repeat", "delivered", "differences"):
        assert shown in result.output, result.output
    refused = demo(*at, *files, "--sabotage", "drop")
    assert isinstance(refused.exception, DeploymentError), "real data is not broken"


def test_a_sabotaged_run_fails_and_names_the_message() -> None:
    """On a stack of its own, one event dropped on its way makes the exit code 1, and the ledger names its message."""
    result = demo("--sabotage", "drop", "--deadline-s", "10")
    assert result.exit_code == 1, result.output
    assert "The ledger names it." in result.output


@pytest.mark.long_fault
def test_rows_of_every_class_are_reconciled_as_the_truth_says() -> None:
    """On a stack of its own, sends of each class are kept, a person is forgotten, and every row and the resend list are held to the truth."""
    result = demo("--events", "4000")
    assert result.exit_code == 0, result.output
    shown = {line.split("│")[1].strip() for line in result.output.splitlines() if line.count("│") > 2}
    assert {str(c) for c in Class if c != Class.NO_SEND} | {"safe to be sent again"} <= shown

"""`recibo runs` and `recibo resend-list`, with a real engine."""

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from pyarrow.parquet import read_table

from cli.__main__ import recibo
from cli.reconcile.comparing import EXIT_LIMIT
from tests.support.databases import Databases
from tests.support.reconciled import at, insert_messages, insert_sends
from tests.support.world import START_MS

Said = Callable[..., Result]


@pytest.fixture
def said(databases: Databases, monkeypatch: pytest.MonkeyPatch) -> Said:
    """A function that runs a command over a manifest `key:1` of account `acme`: one send came back, one did not."""
    monkeypatch.setenv("CLICKHOUSE_URL", databases.url)
    monkeypatch.setenv("RECIBO_PROJECTIONS_STORE", databases.store)
    monkeypatch.setenv("RECIBO_CLICKHOUSE_VIEWS", databases.views)
    sends = [{"row": row, "message_id": f"m{row}", "reference": f"r{row}", "sent_ms": START_MS} for row in (1, 2)]
    insert_sends(databases, "acme", sends)
    insert_messages(databases, "acme", [{"message_id": "m1", "client_ref": "r1", "first_ms": START_MS}])
    databases.client.insert(
        f"{databases.store}.send_manifest",
        [["acme", "key:1", "sender", at(START_MS)]],
        column_names=["account", "manifest", "role", "last_at"],
    )

    def run(*arguments: str) -> Result:
        return CliRunner().invoke(recibo, [str(argument) for argument in arguments])

    return run


def test_a_run_is_made_listed_shown_and_acknowledged(said: Said, tmp_path: Path) -> None:
    """What is written of a run again is the same bytes; a difference that was acknowledged is said so in the next run."""
    first, second = tmp_path / "first.csv", tmp_path / "second.csv"
    page = tmp_path / "november.html"
    made = said("runs", "make", "key:1", "--name", "november", "--csv", first)
    assert made.exit_code == 0, made.output
    assert "no callback" in made.output
    shown = said("runs", "show", "november", "--csv", second, "--html", page, "--language", "pt")
    assert shown.exit_code == 0, shown.output
    assert first.read_bytes() == second.read_bytes()
    assert "Reconciliação november" in page.read_text(encoding="utf-8")
    books = [tmp_path / "one.xlsx", tmp_path / "two.xlsx"]
    for book in books:
        assert said("runs", "show", "november", "--xlsx", book).exit_code == 0
    assert books[0].read_bytes() == books[1].read_bytes()
    parquet = [tmp_path / "one.parquet", tmp_path / "two.parquet"]
    for file in parquet:
        assert said("runs", "show", "november", "--parquet", file).exit_code == 0
    assert parquet[0].read_bytes() == parquet[1].read_bytes()
    (row,) = read_table(parquet[0]).to_pylist()
    assert (row["class"], row["message_id"], row["row"]) == ("no_callback", "m2", 2)
    assert (row["sent_at"], row["differs"], row["amount"]) == (at(START_MS), [], None)
    assert "november" in said("runs", "list").output
    assert (
        "1 differences acknowledged" in said("runs", "ack", "november", "--subject", "m2", "--reason", "known").output
    )
    said("runs", "make", "key:1", "--name", "later", "--csv", second)
    assert "known" in second.read_text(encoding="utf-8")
    assert said("runs", "diff", "later").exit_code == 0
    assert '"may_double","m2"' in said("resend-list", "later").output


def test_a_threshold_that_is_passed_is_the_exit_status(said: Said) -> None:
    """More of a class than allowed ends with 3, after the run was kept; as many as allowed ends with 0."""
    assert said("runs", "make", "key:1", "--fail-if", "no_callback > 1").exit_code == 0
    found = said("runs", "make", "key:1", "--fail-if", "no_callback > 10%")
    assert found.exit_code == EXIT_LIMIT
    assert "threshold passed: no_callback > 10% (1)" in found.output


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("make", "key:1", "--fail-if", "lost > 1"), "is no threshold"),
        (("make", "key:1", "--key", "order"), "a key is some of"),
        (("make", "none"), "recibo sends list"),
        (("show", "none"), "recibo runs list"),
    ],
)
def test_what_cannot_be_is_said_and_makes_no_run(said: Said, arguments: tuple[str, ...], told: str) -> None:
    """A threshold, key, manifest or run that is none is said with what can be."""
    found = said("runs", *arguments)
    assert told in str(found.exception)
    assert "no reconciliation was made" in said("runs", "list").output

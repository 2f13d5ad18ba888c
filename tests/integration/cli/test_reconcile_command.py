"""`recibo reconcile` and `recibo sends`, with a real broker, engine and projector."""

from pathlib import Path

import pytest

from schemas.errors import ConfigurationError
from tests.support.sends_deployment import SendsDeployment, written

pytestmark = pytest.mark.timeout(240)


def test_a_preview_writes_nothing(line: SendsDeployment, tmp_path: Path) -> None:
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


def test_the_same_file_is_kept_once(line: SendsDeployment, tmp_path: Path) -> None:
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


def test_a_corrected_file_takes_the_place_of_the_old_one(line: SendsDeployment, tmp_path: Path) -> None:
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


def test_refused_rows_are_written_where_asked(line: SendsDeployment, tmp_path: Path) -> None:
    """With where, what, why and what to do, safe to open in a spreadsheet; the others are kept."""
    path, refused = tmp_path / "sends.csv", tmp_path / "refused.csv"
    path.write_text("message_id,to\nm-1,=cmd()\nm-2,5511987654321\n")
    result = line.reconcile(str(path), "--yes", "--refused", str(refused))
    assert "1 rows kept, 1 refused" in result.output, result.output
    header, row = refused.read_text(encoding="utf-8-sig").splitlines()
    assert header == "row,column,value,why,what to do"
    assert row.startswith("2,to,'=cmd(),")
    assert refused.stat().st_mode & 0o077 == 0


def test_a_mapping_is_saved_and_used_by_its_name(line: SendsDeployment, tmp_path: Path) -> None:
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


def test_a_table_is_read_on_from_its_watermark(line: SendsDeployment) -> None:
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
        of_before = "now64(3) - toIntervalHour(if(number < 2990, 3, 2))"  # the last ten within the overlap, read again
        client.command(f"{insert}, 0.0345, 'Olá', {of_before} FROM numbers(3000)")
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
            str(n) for n in range(2990, 3002)
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
def test_a_table_that_cannot_be_read_is_refused(line: SendsDeployment, said: tuple[str, ...], told: str) -> None:
    """With the names that there are."""
    result = line.reconcile("--yes", *said)
    assert isinstance(result.exception, ConfigurationError)
    assert told in str(result.exception)

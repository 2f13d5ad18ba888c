"""A run as a workbook: text cells, the same bytes again."""

import io
import zipfile

from reconciliation.report.workbook import write_workbook
from reconciliation.run.record import Compared, Count, RunRecord

RECORD = RunRecord(
    account="acme",
    run="1",
    name="november",
    by="",
    made_ms=1_794_528_000_000,
    as_of_ms=1_794_528_000_000,
    time_zone="America/Sao_Paulo",
    since_ms=None,
    until_ms=None,
    interval_by="sent_at",
    keys=["reference"],
    manifests=[Compared("key:1", "sender", "envios.csv", 2)],
    tells_no_send=True,
    dues=[],
    places=[Count("inside", "matched", 1), Count("inside", "no_callback", 1)],
    days=[],
    connections=[],
    causes=[],
    presences=[],
)
ROWS = [("no_callback", "5511987654321000", "=1+1", "https://example.com", 7)]


def written() -> bytes:
    out = io.BytesIO()
    write_workbook(out, RECORD, ("class", "message_id", "reference", "campaign", "row"), iter(ROWS), "pt")
    return out.getvalue()


def test_cells_are_texts_and_no_formula() -> None:
    """Long ids keep their digits, nothing is calculated or linked, and the counts stand in the first sheet."""
    with zipfile.ZipFile(io.BytesIO(written())) as book:
        first, second = (book.read(f"xl/worksheets/sheet{n}.xml").decode() for n in (1, 2))
    assert "sem retorno" in first
    for cell in ("5511987654321000", "=1+1", "https://example.com"):
        assert f"<is><t>{cell}</t></is>" in second
    assert "<f>" not in second
    assert "hyperlink" not in second


def test_the_same_run_is_the_same_bytes() -> None:
    """A workbook has no time of its own."""
    assert written() == written()

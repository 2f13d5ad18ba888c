"""Files as real systems export them: how they are understood, and what is said of what cannot be."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pyarrow import parquet

from reconciliation.read.batch import mapping_of, sends_of
from reconciliation.read.file import look_at
from reconciliation.read.json_rows import COLUMNS_MAX
from reconciliation.read.mapping import Wanted
from reconciliation.read.refusal import RowRefused
from reconciliation.read.send_rows import Manifest
from schemas.errors import ConfigurationError, DeploymentError
from schemas.send import Role
from tests.support.send_files import read_sends

HEADER = "Pedido;Telefone;Valor;Enviado em;Situação"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "envios.csv"


def written(path: Path, text: str, encoding: str = "utf-8") -> Path:
    path.write_bytes(text.encode(encoding))
    return path


def test_a_brazilian_spreadsheets_export(path: Path) -> None:
    """Semicolons, Windows-1252, decimal commas, day before month, accents in headers and words: all without being told."""
    text = f"{HEADER}\r\n77;(11) 98765-4321;R$ 0,0345;28/11/2026 14:02;Número não encontrado\r\n;;;;\r\n"
    sends, refused, file = read_sends(written(path, text, "cp1252"), Wanted(columns={"reference": "pedido"}))
    (send,) = sends
    assert not refused
    assert (file.dialect.encoding, file.dialect.delimiter) == ("cp1252", ";")
    assert (send.row, send.reference, send.recipient, send.line) == (2, "77", "11987654321", "+5511987654321")
    assert (send.amount_micros, send.currency) == (34_500, "BRL")
    assert send.sent_at_ms == datetime(2026, 11, 28, 17, 2, tzinfo=UTC).timestamp() * 1000
    assert (send.status, send.status_text) == ("number_not_found", "Número não encontrado")


@pytest.mark.parametrize("number", ["5,51199E+12", "5.51199E+12", "5,5E+12", "5E+12"])
def test_a_number_that_a_spreadsheet_rounded_is_refused(path: Path, number: str) -> None:
    """It is named with its row and column as the spreadsheet shows them, and how to export it as text; others are kept."""
    sends, (refused,), _ = read_sends(written(path, f"Pedido;Telefone\n1;5511987654321\n2;{number}\n"))
    assert [send.row for send in sends] == [2]
    assert (refused.row, refused.column, refused.value) == (3, "Telefone", number)
    assert "format the column as text" in refused.remedy
    assert refused.sentence.startswith(f"row 3, column Telefone: `{number}` is no whole number any more: ")


def test_a_rounded_number_in_json_is_refused_too(path: Path) -> None:
    """A number is taken as it is written, whole ones of any length among them."""
    lines = '{"reference": 12345678901234567890123, "to": 5511987654321}\n{"to": 5.51199E+12}\n{"to": [1]}\n'
    sends, refused, _ = read_sends(written(path, lines))
    assert [(send.reference, send.recipient) for send in sends] == [("12345678901234567890123", "5511987654321")]
    assert [(one.row, one.column) for one in refused] == [(2, "to"), (3, "to")]


def test_a_quotation_mark_that_is_never_closed_costs_one_row(path: Path) -> None:
    """The rows after it are read as if it were not there."""
    text = 'message_id,campaign\nm-1,a\nm-2,"b\nm-3,c\nm-4,"d"x\nm-5,e\n'
    sends, refused, _ = read_sends(written(path, text))
    assert [send.message_id for send in sends] == ["m-1", "m-3", "m-5"]
    assert [(one.row, one.value) for one in refused] == [(3, 'm-2,"b'), (5, 'm-4,"d"x')]
    assert "never closed" in refused[0].why


def test_a_row_of_another_width_is_refused(path: Path) -> None:
    """A delimiter inside a cell shifts what follows: nothing of the row is believed."""
    _, refused, _ = read_sends(written(path, "message_id,campaign\nm-1,a,b\nm-2\n"))
    assert [one.why for one in refused] == [
        "has 3 cells, and there are 2 columns",
        "has 1 cells, and there are 2 columns",
    ]


@pytest.mark.parametrize("said", [Wanted(columns={"reference": "Mensagem"}), Wanted(tags=["mensagem"])])
def test_texts_of_messages_are_never_kept(path: Path, said: Wanted) -> None:
    """A column of texts is not read unasked, and refused when it is asked for."""
    text = "message_id,Mensagem\nm-1,Olá Maria\n"
    sends, _, _ = read_sends(written(path, text))
    assert "Maria" not in repr(sends)
    with pytest.raises(ConfigurationError, match="texts of messages are never kept"):
        read_sends(path, said)


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (
            Wanted(columns={"reference": "Ordem"}),
            "there is no column `Ordem`: the columns are `id`, `Pedido`, `Pedido`",
        ),
        (Wanted(columns={"order": "id"}), "`order` is none of message_id, reference"),
        (Wanted(columns={"reference": "Pedido"}), "`Pedido` is there 2 times"),
        (Wanted(fixed={"message_id": "1"}), "what may be set for all rows is one of connection_id"),
        (Wanted(), "no column names a message: there are `id`"),
        (Wanted(columns={"message_id": "id"}, tags=[f"t{n}=id" for n in range(9)]), "at most 8"),
    ],
)
def test_what_was_said_of_columns_is_checked(path: Path, said: Wanted, told: str) -> None:
    """What cannot be is refused with the names that there are, before a row is read."""
    with pytest.raises(ConfigurationError) as refused:
        read_sends(written(path, "id,Pedido,Pedido\n1,2,3\n"), said)
    assert told in str(refused.value)


def test_what_is_kept_beside_the_ids(path: Path) -> None:
    """Columns named as tags, under their own names or others, and values that all rows have."""
    said = Wanted(tags=["Pedido", "loja=Filial"], fixed={"connection_id": "c-1"})
    sends, _, _ = read_sends(written(path, "message_id;Pedido;Filial\nm-1;77;\n"), said)
    assert (sends[0].tags, sends[0].connection_id) == ({"Pedido": "77"}, "c-1")


def test_a_saved_mapping_reads_nothing_more(path: Path) -> None:
    """What it leaves out is left out, also where a name is known; what is said beside it goes before it."""
    from reconciliation.read.mapping import Mapping, proposed  # noqa: PLC0415

    saved = Mapping(columns={"reference": "Pedido"}, time_zone="UTC")
    headers = ("Pedido", "Telefone", "message_id")
    assert proposed(headers, Wanted(saved=saved)) == saved
    said = proposed(headers, Wanted(saved=saved, columns={"recipient": "Telefone"}))
    assert said.columns == {"reference": "Pedido", "recipient": "Telefone"}


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"PK\x03\x04rest", "is a workbook"),
        (b"\x1f\x8b\x08", "is compressed"),
        (b'[{"message_id": "1"}]', "one JSON array"),
        ("message_id;to\n".encode("utf-16-le"), "--encoding utf-16-le"),
        (b"", "is empty"),
        (b"\n\n", "has no header"),
        (b"message_id" + b"x" * (3 << 20), "no table of sends"),
        (b"{]\n", "none of its lines"),
    ],
)
def test_a_file_that_is_no_table_is_refused(path: Path, content: bytes, told: str) -> None:
    """What it is, and what to export instead."""
    path.write_bytes(content)
    with pytest.raises(ConfigurationError) as refused:
        read_sends(path)
    assert told in str(refused.value)


def test_a_damaged_parquet_file_is_refused(path: Path) -> None:
    """The library's error is said in one line."""
    path.write_bytes(b"PAR1 and nothing else")
    with pytest.raises(DeploymentError, match="cannot be read"):
        look_at(path)


def test_a_spreadsheets_first_line_names_the_delimiter(path: Path) -> None:
    """`sep=;` is no header."""
    sends, _, file = read_sends(written(path, "sep=|\r\nmessage_id|Nome\r\nm-1|a\r\n"))
    assert (file.dialect.delimiter, [send.message_id for send in sends]) == ("|", ["m-1"])


def test_typed_values_of_parquet(tmp_path: Path) -> None:
    """Times with and without a zone, whole numbers kept as decimal ones for gaps among them, and nothing for what is missing."""
    at = datetime(2026, 11, 28, 14, 2, 3)  # noqa: DTZ001 - read in the deployment's zone
    columns = {
        "reference": pa.array([float(2**40), None]),
        "to": pa.array([5511987654321, None], pa.int64()),
        "sent_at": pa.array([at, None], pa.timestamp("us")),
        "date": pa.array([at, None], pa.timestamp("ms", "UTC")),
        "amount": pa.array([0.1 + 0.2, None]),
        "message_id": pa.array(["m-1", "m-2"]),
    }
    parquet.write_table(pa.table(columns), tmp_path / "sends")
    (first, second), refused, _ = read_sends(tmp_path / "sends")
    assert not refused
    assert (first.reference, first.recipient, first.amount_micros) == (str(2**40), "5511987654321", 300_000)
    assert first.sent_at_ms == datetime(2026, 11, 28, 17, 2, 3, tzinfo=UTC).timestamp() * 1000
    assert (second.reference, second.sent_at_ms, second.message_id) == ("", None, "m-2")
    sends, _, _ = read_sends(tmp_path / "sends", Wanted(columns={"sent_at": "date"}))
    assert sends[0].sent_at_ms == datetime(2026, 11, 28, 14, 2, 3, tzinfo=UTC).timestamp() * 1000


def test_a_file_that_changes_while_it_is_read_is_not_believed(path: Path) -> None:
    """Its hash would be that of other rows."""
    file = look_at(written(path, "message_id\nm-1\n"))
    rows = file.rows()
    next(rows)
    written(path, "message_id\nm-1\nm-2\n")
    with pytest.raises(DeploymentError, match="changed while it was read"):
        list(rows)


def test_an_invoices_line_names_no_message(path: Path) -> None:
    """It counts them: connection, category, country, month, quantity, amount."""
    text = "Conexão;Categoria;País;Mês;Qtd;Valor\nloja-01;Marketing;br;11/2026;1.250;R$ 43,13\n"
    (send,), _, _ = read_sends(written(path, text), role="invoice")
    said = (send.connection_id, send.category, send.country, send.period, send.quantity, send.amount_micros)
    assert said == ("loja-01", "marketing", "BR", "2026-11", 1_250, 43_130_000)
    _, (refused,), _ = read_sends(path)
    assert "names no message" in refused.why


def test_rows_that_name_nothing_are_refused(path: Path) -> None:
    """A row with no id, reference or recipient can be compared with nothing."""
    rows = [{"message_id": "m-1", "list": [1]}, {"campaign": "natal"}, {"list": []}]
    lines = [*map(json.dumps, rows), "", "{"]
    sends, refused, _ = read_sends(written(path, "\n".join(lines)))
    assert len(sends) == 1, "what is not read may be anything"
    assert [one.row for one in refused] == [2, 3, 5]


@pytest.mark.parametrize("header", ["Month", "Mês", "dia", "day", "Competência"])
def test_a_senders_month_makes_no_line_of_an_invoice(path: Path, header: str) -> None:
    """Its rows are single messages all the same: a column so called is left out, unless the file is an invoice."""
    text = f"message_id,{header},qtd\nm-1,2026-11,3\n"
    ((send,), _, _) = read_sends(written(path, text))
    assert (send.period, send.quantity) == ("", 1)
    ((line,), _, _) = read_sends(path, role="invoice")
    assert (line.period, line.quantity) == ("2026-11", 3)


@pytest.mark.parametrize(
    "said",
    [Wanted(columns={"period": "Month"}), Wanted(columns={"quantity": "qtd"}), Wanted(fixed={"period": "2026-11"})],
)
def test_a_period_that_is_said_of_a_senders_file_is_refused(path: Path, said: Wanted) -> None:
    """Such rows would be kept and compared with nothing."""
    with pytest.raises(ConfigurationError, match="of an invoice only"):
        read_sends(written(path, "message_id,Month,qtd\nm-1,2026-11,3\n"), said)


@pytest.mark.parametrize(("role", "refused"), [("sender", 2), ("provider", 2), ("invoice", 0)])
def test_a_batch_may_count_several_messages_as_an_invoice_only(role: Role, refused: int) -> None:
    """A quantity of 1 says nothing, and is taken."""
    batch: list[dict[str, Any]] = [
        {"message_id": "a", "period": "2026-11"},
        {"message_id": "b", "quantity": 2},
        {"message_id": "c", "quantity": 1},
    ]
    read = list(sends_of(batch, Manifest("acme", "m", role, 1), mapping_of("UTC")))
    assert [one.column for one in read if isinstance(one, RowRefused)] == ["period", "quantity"][:refused]


def test_a_field_that_first_comes_late_in_json_lines_is_read(path: Path) -> None:
    """All lines say which columns there are, however many leave one out before."""
    lines = "".join(f'{{"message_id": "m-{n}"}}\n' for n in range(1_500))
    sends, refused, file = read_sends(written(path, lines + '{"message_id": "m-late", "amount": 0.0345, "order": 7}\n'))
    assert file.headers == ("message_id", "amount", "order")
    assert (len(sends), refused, sends[-1].amount_micros) == (1_501, [], 34_500)


def test_json_lines_of_names_without_end_are_no_table(path: Path) -> None:
    """Names are kept while a file is looked at: a file that has ever more of them is refused before they fill the memory."""
    lines = "".join(f'{{"message_id": "m", "field_{n}": 1}}\n' for n in range(COLUMNS_MAX))
    with pytest.raises(ConfigurationError, match="over 1,000 fields"):
        look_at(written(path, lines))


@pytest.mark.parametrize("use_dictionary", [True, False])
def test_a_small_parquet_file_of_long_texts_takes_little_memory(path: Path, *, use_dictionary: bool) -> None:
    """A few KB that say a long text in every row, by a dictionary or compressed, are not laid out for thousands of rows at once: a page of it is."""
    table = pa.table({"message_id": [f"m-{n}" for n in range(2_000)], "campaign": ["x" * 200_000] * 2_000})
    parquet.write_table(table, path, use_dictionary=use_dictionary, compression="zstd")
    del table
    file, before = look_at(path), pa.total_allocated_bytes()
    reading = file.rows()
    first = next(reading)
    assert not isinstance(first, RowRefused)
    assert first[0] == "m-0"
    assert pa.total_allocated_bytes() - before < 256 << 20
    assert sum(1 for _ in reading) == 1_999


@pytest.mark.parametrize("field", ["message_id", "campaign", "quantity", "amount"])
def test_a_boolean_of_a_batch_is_refused(field: str) -> None:
    """No field of a send is true or false: `true` would be an id like any other."""
    batch: list[dict[str, Any]] = [{"reference": "a", field: True}, {"reference": "b", field: None}]
    first, second = sends_of(batch, Manifest("acme", "m", "sender", 1), mapping_of("UTC"))
    assert isinstance(first, RowRefused)
    assert (first.column, first.value) == (field, "true")
    assert not isinstance(second, RowRefused)

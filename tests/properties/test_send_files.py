"""Whatever way a file of sends is written, it reads back as the same rows; whatever bytes a file has, no row is lost and nothing breaks."""

import csv
import unicodedata
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from reconciliation.read import cells
from reconciliation.read.dialect import DELIMITERS
from reconciliation.read.mapping import Wanted
from schemas.errors import ConfigurationError
from schemas.send import TAG_CHARS_MAX, decode, encode
from tests.support.send_files import Written, file_bytes, read_sends

ZONE = ZoneInfo("America/Sao_Paulo")
HEADERS = {
    "en": ("message_id", "reference", "recipient", "sent_at", "amount", "campaign", "message", "order_id"),
    "pt": (
        "ID da mensagem",
        "Referência",
        "Telefone",
        "Data de envio",
        "Valor",
        "Campanha",
        "Mensagem",
        "Nº do pedido",
    ),
}
WRITTEN = st.builds(
    Written,
    kind=st.sampled_from(["csv", "csv", "jsonl", "parquet"]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "cp1252"]),
    delimiter=st.sampled_from(DELIMITERS),
    line_end=st.sampled_from(["\n", "\r\n"]),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
)


def is_plain(text: str) -> bool:
    """Whether a text has nothing that reading takes off or refuses."""
    odd = {"Cc", "Cf", "Cs", "Zl", "Zp", "Zs"}
    return (
        not any(c == "\ufffd" or (c != " " and unicodedata.category(c) in odd) for c in text)
        and not text.startswith(("=", "'"))
        and not cells._DESTROYED.fullmatch(text)
    )


NAMES = st.text(max_size=20).map(str.strip).filter(is_plain)
BODIES = st.text(st.characters(codec="utf-8", exclude_characters="\0\r"), max_size=30)
"""Of several lines, too. Python's own writer leaves a lone carriage return without quotation marks: such a file says something else."""


@st.composite
def rows(draw: Any) -> list[str]:
    """One row as somebody's system has it: its cells, in the order of HEADERS."""
    at = draw(st.datetimes(datetime(2010, 1, 1), datetime(2090, 1, 1))).replace(microsecond=0, tzinfo=ZONE)  # noqa: DTZ001
    assume(at.astimezone(UTC).astimezone(ZONE) == at)
    written = draw(
        st.sampled_from(
            [
                at.strftime("%d/%m/%Y %H:%M:%S"),
                at.replace(tzinfo=None).isoformat(),
                at.isoformat(),
                str(int(at.timestamp())),
                str(int(at.timestamp()) * 1000),
            ]
        )
    )
    micros = draw(st.integers(0, 10**12))
    number = f"{micros // 10**6}{draw(st.sampled_from('.,'))}{micros % 10**6:06}"
    person = f"55{draw(st.sampled_from(['11', '21']))}9{draw(st.integers(10**7, 10**8 - 1)):08}"
    name = draw(NAMES.filter(lambda text: len(text) <= TAG_CHARS_MAX))
    return [
        f"wamid.{draw(st.integers(0, 2**64))}",
        draw(NAMES),
        draw(st.sampled_from([person, f"+{person}", f"+{person[:2]} ({person[2:4]}) {person[4:9]}-{person[9:]}"])),
        written,
        number,
        draw(NAMES),
        draw(BODIES),
        name,
    ]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(WRITTEN, st.sampled_from(sorted(HEADERS)), st.lists(rows(), min_size=1, max_size=12))
def test_what_is_written_is_read(tmp_path: Path, written: Written, language: str, table: list[list[str]]) -> None:
    """Kinds, encodings, delimiters, quoted line breaks, English and Portuguese headers: the same rows, none refused."""
    headers = HEADERS[language]
    try:
        content = file_bytes(written, headers, table)
    except UnicodeEncodeError:
        assume(False)  # noqa: FBT003 - Windows-1252 has few characters
    if written.encoding == "cp1252" and written.kind != "parquet":
        assume(not is_utf8(content) or content.isascii())  # such bytes say either
    path = tmp_path / "sends"
    path.write_bytes(content)
    sends, refused, _ = read_sends(path, Wanted(tags=[f"order={headers[-1]}"], decimal="."))
    assert not refused
    assert len(sends) == len(table)
    for send, row in zip(sends, table, strict=True):
        assert (send.message_id, send.reference, send.campaign) == (row[0], row[1], row[5])
        assert send.recipient == "".join(c for c in row[2] if c.isdecimal())
        assert send.sent_at_ms is not None
        assert datetime.fromtimestamp(send.sent_at_ms / 1000, ZONE) == moment(row[3])
        whole, _, rest = row[4].replace(",", ".").partition(".")
        assert send.amount_micros == int(whole) * 10**6 + int(rest)
        assert send.tags == ({"order": row[7]} if row[7] else {})
        assert decode(encode(send)) == send


def is_utf8(content: bytes) -> bool:
    try:
        content.decode()
    except UnicodeDecodeError:
        return False
    return True


def moment(text: str) -> datetime:
    """A time of `rows`, read in the plainest way."""
    if text.isdecimal():
        return datetime.fromtimestamp(int(text[:10]), ZONE)
    if "/" in text:
        return datetime.strptime(text, "%d/%m/%Y %H:%M:%S").replace(tzinfo=ZONE)
    at = datetime.fromisoformat(text)
    return at if at.tzinfo else at.replace(tzinfo=ZONE)


BEGINNINGS = (
    b"",
    b"message_id;recipient\n",
    b'{"message_id": "1", "to": 5511987654321}\n',
    b"\xff\xfe",
    b"\xef\xbb\xbf",
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=300)
@given(st.sampled_from(BEGINNINGS), st.binary(max_size=300), st.sampled_from(["sender", "invoice"]))
def test_whatever_bytes_a_file_has(tmp_path: Path, beginning: bytes, content: bytes, role: Any) -> None:
    """A file is refused as a whole with a sentence, or each of its rows is kept or refused; what is kept can be a row of the table."""
    path = tmp_path / "sends"
    path.write_bytes(beginning + content)
    try:
        sends, refused, _ = read_sends(path, role=role)
    except ConfigurationError:
        return
    for send in sends:
        assert decode(encode(send)) == send
    assert all(one.row >= 1 and one.why and one.remedy and one.sentence for one in refused)
    numbers = [send.row for send in sends] + [one.row for one in refused]
    assert len(set(numbers)) == len(numbers)

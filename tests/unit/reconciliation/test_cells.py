"""What single cells say: ids, recipients, amounts, times, countries."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from reconciliation.read import amounts, cells, moments
from reconciliation.read.refusal import CellRefused

ZONE = ZoneInfo("America/Sao_Paulo")


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        (" a ", "a"),
        ('="0077"', "0077"),
        ("'+5511", "+5511"),
        ("'a'", "'a'"),
        ("\u202a+55 11\xa098765\u202c", "+55 11 98765"),
        ("1E5", "1E5"),
        ("5E12", "5E12"),
    ],
)
def test_what_surrounds_a_text_is_taken_off(cell: str, text: str) -> None:
    """Spaces, a spreadsheet's marks of text, invisible marks of what was copied; an id that only looks like a number stays."""
    assert cells.text(cell) == text


@pytest.mark.parametrize("cell", ["a\nb", "a\x00b", "caf\ufffd", "x" * 513, "1,5E+10", "1.5e10"])
def test_what_is_no_id_is_refused(cell: str) -> None:
    """Line breaks, undecoded characters, texts, rounded numbers: each with what to do."""
    with pytest.raises(CellRefused) as refused:
        cells.text(cell)
    assert refused.value.remedy


@pytest.mark.parametrize(
    ("cell", "found"),
    [
        ("+55 (11) 8765-4321", ("551187654321", "phone", "+5511987654321")),
        ("5511987654321.0", ("5511987654321", "phone", "+5511987654321")),
        ("5511987654321@s.whatsapp.net", ("5511987654321", "phone", "+5511987654321")),
        ("99887766@lid", ("99887766", "lid", "")),
        ("+12125550123", ("12125550123", "phone", "+12125550123")),
        ("120363@g.us", ("120363", "group", "")),
    ],
)
def test_recipients_are_read_as_messages_have_them(cell: str, found: tuple[str, str, str]) -> None:
    """Numbers in any notation, JIDs, lids and groups; a number's line where it is one."""
    assert cells.recipient(cell) == found


def test_a_name_is_no_recipient() -> None:
    """What is neither number nor identity is refused, not kept as one."""
    with pytest.raises(CellRefused, match="no phone number"):
        cells.recipient("Maria")


@pytest.mark.parametrize(
    ("cell", "decimal", "micros", "currency"),
    [
        ("0,0345", ".", 34_500, ""),
        ("1.234,56", ".", 1_234_560_000, ""),
        ("1,234.56", ",", 1_234_560_000, ""),
        ("1.234", ",", 1_234_000_000, ""),
        ("1.234", ".", 1_234_000, ""),
        ("1,234,567", ",", 1_234_567_000_000, ""),
        ("R$ 12", ".", 12_000_000, "BRL"),
        ("US$0.05", ".", 50_000, "USD"),
        ("0.05 EUR", ".", 50_000, "EUR"),
        ("$ 5", ".", 5_000_000, ""),
        ("(1,50)", ".", -1_500_000, ""),
        ("-0.5", ".", -500_000, ""),
        ("3E-05", ".", 30, ""),
        ("0.30000000000000004", ".", 300_000, ""),
        ("1 234,50", ",", 1_234_500_000, ""),
    ],
)
def test_amounts_in_any_notation(cell: str, decimal: str, micros: int, currency: str) -> None:
    """Decimal commas and points, thousands, signs of currencies, to a millionth."""
    assert amounts.amount(cell, decimal) == (micros, currency)


@pytest.mark.parametrize(
    "cell", ["abc", "1.2.3", "1,2,3.4", "12,34,567.8", "-", "1..2", "5 meses", "9" * 30, "1e999999999"]
)
def test_what_is_no_amount_is_refused(cell: str) -> None:
    """Nothing is guessed of a number that is written wrong, and nothing overflows."""
    with pytest.raises(CellRefused):
        amounts.amount(cell, ".")


@pytest.mark.parametrize(
    ("cell", "at"),
    [
        ("28/11/2026 14:02", datetime(2026, 11, 28, 14, 2, tzinfo=ZONE)),
        ("28/11/2026", datetime(2026, 11, 28, tzinfo=ZONE)),
        ("28-11-26 14:02:03,5", datetime(2026, 11, 28, 14, 2, 3, 500_000, tzinfo=ZONE)),
        ("2026-11-28 14:02:03", datetime(2026, 11, 28, 14, 2, 3, tzinfo=ZONE)),
        ("2026-11-28T14:02:03.250Z", datetime(2026, 11, 28, 14, 2, 3, 250_000, tzinfo=UTC)),
        ("2026-11-28 14:02:03 UTC", datetime(2026, 11, 28, 14, 2, 3, tzinfo=UTC)),
        ("20261128140203", datetime(2026, 11, 28, 14, 2, 3, tzinfo=ZONE)),
        ("1795888923", datetime.fromtimestamp(1795888923, UTC)),
        ("1795888923250", datetime.fromtimestamp(1795888923.25, UTC)),
        ("Sat, 28 Nov 2026 14:02:03 +0000", datetime(2026, 11, 28, 14, 2, 3, tzinfo=UTC)),
    ],
)
def test_times_in_any_notation(cell: str, at: datetime) -> None:
    """Day before month, ISO 8601, epoch seconds and milliseconds; in the zone said where they name none."""
    assert moments.sent_at_ms(cell, ZONE) == round(at.timestamp() * 1000)


@pytest.mark.parametrize(
    ("cell", "why"),
    [
        ("11/28/2026 14:02", "day/month/year"),
        ("31/02/2026", "no time"),
        ("amanhã", "no time"),
        ("45991", "no time"),
        ("01/01/1999 10:00", "before 2009"),
        ("25/11/2026 25:00:00", "no time"),
        ("9" * 19, "after 2100"),
    ],
)
def test_what_is_no_time_is_refused(cell: str, why: str) -> None:
    """A month in the day's place is told; nothing is guessed."""
    with pytest.raises(CellRefused) as refused:
        moments.sent_at_ms(cell, ZONE)
    assert why in refused.value.why


@pytest.mark.parametrize(
    ("cell", "period"),
    [
        ("2026-11", "2026-11"),
        ("11/2026", "2026-11"),
        ("28/11/2026", "2026-11-28"),
        ("2026-11-28 00:00:00", "2026-11-28"),
    ],
)
def test_periods_are_days_or_months(cell: str, period: str) -> None:
    """Of an invoice's line."""
    assert moments.period(cell) == period


def test_countries_and_currencies_are_codes() -> None:
    """By letters, calling code or sign; `$` alone is nobody's."""
    assert [cells.country(cell) for cell in ("br", "55", "+351", "")] == ["BR", "BR", "PT", ""]
    assert [cells.currency(cell) for cell in ("brl", "R$", "€", "")] == ["BRL", "BRL", "EUR", ""]
    with pytest.raises(CellRefused):
        cells.currency("$")
    with pytest.raises(CellRefused):
        cells.country("Brasilia")


@pytest.mark.parametrize(
    "cell",
    [
        "2026-11-30T23:59:59.9999",
        "2026-11-30 23:59:59.999999Z",
        "30/11/2026 23:59:59,9999",
        "1796083199.9999",
        "1796083199999999",
    ],
)
def test_the_last_instant_of_a_month_is_of_that_month(cell: str) -> None:
    """A time is cut to milliseconds, however it is written, and never rounded up."""
    assert moments.sent_at_ms(cell, UTC) == datetime(2026, 12, 1, tzinfo=UTC).timestamp() * 1000 - 1

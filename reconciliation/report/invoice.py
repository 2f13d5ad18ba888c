"""An invoice's lines as reports show them. Pure."""

from collections.abc import Iterator
from typing import Final

from reconciliation.report.words import say
from reconciliation.run.record import RunRecord
from schemas.causes.sentences import Language

INVOICE_COLUMNS: Final[dict[Language, tuple[str, ...]]] = {
    "en": (
        *("line", "period", "connection", "category", "country", "ours", "theirs", "difference"),
        *("expected", "billed", "more billed", "currency"),
    ),
    "pt": (
        *("linha", "período", "conexão", "categoria", "país", "nossas", "deles", "diferença"),
        *("esperado", "cobrado", "cobrado a mais", "moeda"),
    ),
}
LINES_MAX: Final = 500
_CENTS: Final = 100


def invoice_title(record: RunRecord, language: Language) -> str:
    """Return what the lines come to: how many there are, and how many differ."""
    differing = sum(line.differs for line in record.invoice)
    return say(language, "invoice_title", lines=f"{len(record.invoice):,}", differing=f"{differing:,}")


def invoice_rows(record: RunRecord, language: Language) -> Iterator[tuple[str, ...]]:
    """Yield the lines that differ as INVOICE_COLUMNS; where none does, all. The last without a period is what no line bills."""
    numbered = list(enumerate(record.invoice, 1))
    shown = [(n, line) for n, line in numbered if line.differs] or numbered
    for n, line in shown[:LINES_MAX]:
        amounts = (line.expected_cents, line.their_cents, line.cents_difference)
        yield (
            *(str(n), line.period or say(language, "not_billed"), line.connection_id, line.category, line.country),
            *(f"{line.ours:,}", f"{line.theirs:,}", f"{line.quantity_difference:+,}"),
            *(amount(cents) for cents in amounts),
            line.currency,
        )


def amount(cents: int | None) -> str:
    """Return cents as an amount; "?" where it is not known."""
    if cents is None:
        return "?"
    sign = "-" if cents < 0 else ""
    return f"{sign}{abs(cents) // _CENTS:,}.{abs(cents) % _CENTS:02}"

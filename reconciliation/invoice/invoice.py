"""An invoice's lines in the tables, compared with the chargeable messages of their days; ids of what differs are kept."""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from itertools import chain
from typing import Any, Final

from clickhouse_connect.driver.client import Client

from reconciliation.invoice.country import country_of_line
from reconciliation.invoice.lines import Billed, Cell, Line, LineDifference, compare_lines, line_of
from reconciliation.invoice.prices import PriceList
from reconciliation.match.compare import SETTINGS
from reconciliation.match.comparison import DAYS_AFTER, DAYS_BEFORE

_BILLED: Final = """
SELECT connection_id, category, country, period, sum(quantity), if(countIf(isNull(amount_micros)) > 0, NULL, sum(amount_micros)), currency
FROM {store}.message_send FINAL
WHERE account = {{account:String}} AND manifest IN {{manifests:Array(String)}} AND NOT is_deleted AND period != ''
GROUP BY connection_id, category, country, period, currency ORDER BY ALL
"""
_CHARGED: Final = """
(
    SELECT toDate({at}, {{time_zone:String}}) AS day, provider, connection_id,
        if(price_category = '', pricing, price_category) AS category, {country} AS country, message_id
    FROM {store}.message_between(first_day = {{first:Date}} - {before}, last_day = {{last:Date}} + {after})
    WHERE account = {{account:String}} AND ifNull(billable, is_delivered)
        AND day BETWEEN {{first:Date}} AND {{last:Date}}
)
"""
"""What the provider says it charges for; where it says nothing, what was delivered."""
_MONTH_CHARS: Final = len("2026-11")
_OWN_TIME: Final = {"delivered_at": "coalesce(delivered_or_read_at, first_at)"}


class Invoice:
    """The lines of some manifests. Every call blocks, and raises what the client raises."""

    def __init__(self, client: Client, store: str, account: str, manifests: Sequence[str], time_zone: str) -> None:
        """Take where the rows are, and the zone of the invoice's days."""
        self._client = client
        self._store = store
        self._parameters: dict[str, Any] = {"account": account, "manifests": list(manifests), "time_zone": time_zone}

    def billed(self) -> list[Billed]:
        """Return the lines, those of one kind and period summed."""
        rows = self._client.query(_BILLED.format(store=self._store), parameters=self._parameters, settings=SETTINGS)
        return [
            Billed(Line(str(a), str(b), str(c), str(d)), int(quantity), amount, str(currency))
            for a, b, c, d, quantity, amount, currency in rows.result_rows
        ]

    def compare(
        self, run: str, now_ms: int, billed: list[Billed], prices: PriceList, *, by: str = "first_at"
    ) -> list[LineDifference]:
        """Return every line beside ours, and keep the ids of those that differ in `reconciliation_billed`."""
        charged, parameters = self._charged(billed, by)
        kinds = "day, provider, connection_id, category, country"
        text = f"SELECT {kinds}, count() FROM {charged} GROUP BY {kinds} ORDER BY {kinds}"  # noqa: S608 - names of ours
        rows = self._client.query(text, parameters=parameters, settings=SETTINGS).result_rows
        found = compare_lines(billed, [_cell(row) for row in rows], prices)
        if any(line.differs for line in found):
            self._keep_ids(f"SELECT {kinds}, message_id FROM {charged}", parameters, (run, now_ms), found)  # noqa: S608
        return found

    def _charged(self, billed: list[Billed], by: str) -> tuple[str, dict[str, Any]]:
        days = [day for one in billed for day in days_of(one.line.period)]
        country = country_of_line("line") if any(one.line.country for one in billed) else "''"
        text = _CHARGED.format(
            store=self._store, at=_OWN_TIME.get(by, "first_at"), country=country, before=DAYS_BEFORE, after=DAYS_AFTER
        )
        return text, self._parameters | {"first": min(days).isoformat(), "last": max(days).isoformat()}

    def _keep_ids(
        self, text: str, parameters: dict[str, Any], run: tuple[str, int], found: list[LineDifference]
    ) -> None:
        places = {Line(d.connection_id, d.category, d.country, d.period): n for n, d in enumerate(found, 1)}
        lines = [line for line in places if line.period]
        differing = {n for n, d in enumerate(found, 1) if d.differs}
        nowhere = places.get(Line("", "", "", ""))
        made_at = datetime.fromtimestamp(run[1] / 1000, UTC)
        place_of: dict[Cell, int | None] = {}

        def ids(rows: Sequence[Sequence[Any]]) -> Iterator[list[Any]]:
            for *kind, message_id in rows:
                cell = _cell((*kind, 1))
                if cell not in place_of:
                    line = line_of(cell, lines)
                    place_of[cell] = places[line] if line else nowhere
                if place_of[cell] in differing:
                    yield [parameters["account"], run[0], place_of[cell], message_id, made_at]

        columns = ("account", "run", "line", "message_id", "made_at")
        with self._client.query_row_block_stream(text, parameters=parameters, settings=SETTINGS) as blocks:
            for rows in blocks:
                if kept := list(ids(rows)):
                    self._client.insert(f"{self._store}.reconciliation_billed", kept, column_names=columns)


def days_of(period: str) -> tuple[date, date]:
    """Return the first and last day of a day or month. Raises ValueError: it is none that exists."""
    if len(period) > _MONTH_CHARS:
        return date.fromisoformat(period), date.fromisoformat(period)
    first = date.fromisoformat(f"{period}-01")
    following = date(first.year + first.month // 12, first.month % 12 + 1, 1)
    return first, date.fromordinal(following.toordinal() - 1)


def _cell(row: Sequence[Any]) -> Cell:
    day, provider, connection_id, category, country, quantity = chain(row)
    return Cell(day, str(provider), str(connection_id), str(category), str(country), int(quantity))

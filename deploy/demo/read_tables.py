"""Reads a deployment's tables and views through ClickHouse's own HTTP interface, as a data team would."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from string import Template
from typing import Any, Final

from runtime.clickhouse.client import connect
from runtime.clickhouse.settings import ClickHouseSettings

Row = Mapping[str, Any]
Sums = tuple[int, int, int]

QUERIES: Final = Path(__file__).with_name("queries")
"""One file a question; `${run}`, `${raw}`, `${request}`, … choose the demo's own rows."""
COMPARED: Final = (
    "webhook_raw",
    "webhook_request",
    "message_event",
    "connection_event",
    "webhook_set_aside",
    "message",
    "connection_state",
    "audit",
)
"""Tables and views that are compared row by row, each by the query of its name."""
TOTALS: Final = ("completeness", "fold_differences", "funnel", "answers", "repeats")
"""Views over everything, whose sums are compared; where others use the deployment too they are not."""
_POLL_S: Final = 0.2


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """Sums by which the tables are known to have caught up with the topics."""

    messages: Sums
    connections: Sums
    requests: Sums


class TableReader:
    """Asks one ClickHouse about one run of the demo."""

    def __init__(self, clickhouse: ClickHouseSettings, generation: int, only_run: str | None = None) -> None:
        """Connect. With `only_run`, only rows of that run are looked at; without, every row must be accounted for."""
        self.is_alone = only_run is None
        """Whether every row must be accounted for."""
        self._client = connect(clickhouse)
        generation_is = f"generation = {generation}"
        self._choices = {
            "run": f"'{only_run or ''}'",
            "raw": "true",
            "request": "true",
            "coordinate": generation_is,
            "audited": "true",
            "store": clickhouse.database,
            "views": clickhouse.views_database,
        }
        if only_run:
            raw = f"position(payload, 'demo:{only_run}-') > 0"
            ours = f"(SELECT log_partition, log_offset FROM {clickhouse.database}.webhook_raw WHERE {raw})"  # noqa: S608 - digits
            requests = f"(SELECT request_id FROM {clickhouse.database}.webhook_raw WHERE {raw})"  # noqa: S608 - digits
            self._choices |= {
                "raw": raw,
                "request": f"request_id IN {requests}",
                "coordinate": f"{generation_is} AND request_id IN {requests}",
                "audited": f"(log_partition, log_offset) IN {ours}",
            }

    def close(self) -> None:
        """Disconnect."""
        self._client.close()

    def rows(self, name: str) -> list[Row]:
        """Return the rows of one of `COMPARED` or `TOTALS`."""
        return list(self._ask(name).named_results())

    def wait_for_outcomes(self, least: int, deadline_s: float, progress: Callable[[int, int], None]) -> bool:
        """Wait until at least `least` raw rows are there, each with an outcome, or for `deadline_s`.

        Returns:
            Whether they are. `progress` is called with how many have an outcome, and how many there are.
        """

        def caught_up() -> bool:
            raw, outcomes = (self._ask(name).result_rows[0][0] for name in ("raw_count", "outcome_count"))
            progress(outcomes, max(raw, least))
            return bool(raw >= least and outcomes == raw)

        return _wait(caught_up, deadline_s)

    def wait_for_states(self, wanted: Fingerprint, deadline_s: float) -> bool:
        """Wait until states and requests add up to what the topics say, or for `deadline_s`. Return whether they do."""
        return _wait(lambda: self._fingerprint() == wanted, deadline_s)

    def _fingerprint(self) -> Fingerprint:
        sums = (self._ask(f"{name}_sums").result_rows[0] for name in ("message", "connection", "request"))
        return Fingerprint(*((int(a), int(b), int(c)) for a, b, c in sums))

    def _ask(self, name: str) -> Any:
        text = Template((QUERIES / f"{name}.sql").read_text()).substitute(self._choices)
        return self._client.query(text, column_formats={"payload": "bytes"} if name == "webhook_raw" else None)


def _wait(is_done: Callable[[], bool], deadline_s: float) -> bool:
    until = time.monotonic() + deadline_s
    while not is_done():
        if time.monotonic() > until:
            return False
        time.sleep(_POLL_S)
    return True

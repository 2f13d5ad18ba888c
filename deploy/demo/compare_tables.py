"""Holds the tables and views to the truth, row by row."""

from collections.abc import Sequence
from typing import Any

from deploy.demo.difference import Difference
from deploy.demo.match import Matched, subject_of
from deploy.demo.observed import Observed
from deploy.demo.read_tables import COMPARED, TOTALS, Fingerprint, Row, TableReader
from deploy.demo.table_truth import compare_rows, true_rows
from deploy.demo.totals_truth import compare_totals, true_totals
from deploy.demo.truth import Truth


def compare_tables(reader: TableReader, matched: Matched, truth: Truth, observed: Observed) -> list[Difference]:
    """Return every way in which ClickHouse contradicts the truth."""
    true = true_rows(matched, truth, observed)
    subjects = {record.at: subject_of(element, post) for record, element, post in matched.records}

    def name_of(row: Row) -> str:
        for subject in ("message_id", "connection_id"):
            if row.get(subject):
                return f"{row['account']}/{row[subject]}"
        if "log_offset" in row:
            at = (row["log_partition"], row["log_offset"])
            return f"{subjects.get(at, '')} at {at[0]}:{at[1]}"  # type: ignore[call-overload]  # a plain pair does
        return str(row.get("request_id"))

    found: list[Difference] = []
    for name in COMPARED:
        found += compare_rows(name, reader.rows(name), true[name], name_of)
    if reader.is_alone:
        totals = true_totals(matched, truth, observed)
        for name in TOTALS:
            found += compare_totals(name, reader.rows(name), totals.get(name, []))
    return found


def fingerprint(observed: Observed) -> Fingerprint:
    """Return the sums that the tables must reach, from the last states and all requests in the topics."""
    messages = list({record.key: record.value for record in observed.message_states}.values())
    connections = list({record.key: record.value for record in observed.connection_states}.values())
    return Fingerprint(
        (len(messages), _sum(messages, "seen"), _sum(messages, "last_received_ms")),
        (len(connections), _sum(connections, "status_at_ms"), sum(state["latest"][1] for state in connections)),
        (len({request["request_id"] for request in observed.requests}), 0, 0),
    )


def _sum(states: Sequence[Any], name: str) -> int:
    return sum(state[name] for state in states)

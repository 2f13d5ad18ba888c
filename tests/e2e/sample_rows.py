"""What the samples' manifests say, in the form of ClickHouse's rows: worked out without the product's own parsers."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, Final

from tests.support.samples import RECEIVED_AT_MS, Sample

RANK: Final = ("queued", "created", "sent", "error", "expired", "number_not_found", "delivered", "read")
_FAILURES: Final = ("error", "expired", "number_not_found")

Row = tuple[Any, ...]
Identity = tuple[str, str, str, str]
"""(source, message or connection, status, the provider's word)."""

Columns = dict[str, Any]

_COMMON: Final = ("status", "provider_status", "connection_id", "occurred_at_ms", "time_source")
_MESSAGE: Final = (
    *("source", "message_id", *_COMMON),
    *("recipient", "recipient_kind", "participant", "client_ref", "pricing", "error_code", "error_category"),
)
_CONNECTION: Final = ("source", "connection_id AS about", *_COMMON, "reason")
_TIME: Final = "if(time_source = 'received', 0, toUnixTimestamp64Milli(occurred_at)) AS occurred_at_ms"


def _select(names: Sequence[str], table: str) -> str:
    columns = ", ".join(_TIME if name == "occurred_at_ms" else name for name in names)
    return f"SELECT {columns} FROM recibo_store.{table} FINAL"


EVENTS: Final = _select(_MESSAGE, "message_event")
CONNECTIONS: Final = _select(_CONNECTION, "connection_event")
_TIMES: Final = ", ".join(f"toUnixTimestamp64Milli(ifNull({status}_at, toDateTime64(0, 3)))" for status in RANK)
FACTS: Final = (
    "SELECT account, message_id, seen, conflict, failure_status, failure_category, failure_code,"
    f" arrayMap(at -> if(at > {RECEIVED_AT_MS} + 172800000, 0, at), [{_TIMES}]) AS firsts, aliases"
    " FROM recibo.messages WHERE account IN {} AND connection_id != '200000000000009'"
    " AND message_id != '3EB0FA4E0000REDACTED' AND NOT startsWith(message_id, 'recibo-test')"
)
"""A time days after those of all samples is one of receipt: 0, as for a status that was not reported."""


def identity_of(sample: Sample, expected: dict[str, Any]) -> Identity:
    """Return what distinguishes an expectation's row from others."""
    about = expected["message_id"] or expected["connection_id"]
    return sample.provider, about, expected["status"], expected["provider_status"]


def row_of(sample: Sample, expected: dict[str, Any]) -> Columns:
    """Return the columns that an expectation speaks of, with the values it calls for."""
    known = _MESSAGE if expected["message_id"] else _CONNECTION
    row = {name: value or "" for name, value in expected.items() if name in known}
    row |= {"source": sample.provider, "occurred_at_ms": expected["occurred_at_ms"] or 0}
    if expected.get("error"):
        row |= {f"error_{name}": value for name, value in expected["error"].items()}
    return row


def wanted(samples: Iterable[Sample]) -> dict[Row, list[Columns]]:
    """Return what identifies an event → the rows that its samples call for: of two that are one event, the first counts."""
    found: dict[Row, list[Columns]] = defaultdict(list)
    for sample in samples:
        for expected in sample.expect:
            if "status" in expected:
                told_apart = (expected["occurred_at_ms"], expected.get("participant"), expected.get("reason"))
                code = expected.get("error", {}).get("code")
                found[(*identity_of(sample, expected), *told_apart, code)].append(row_of(sample, expected))
    return found


def events(rows: Sequence[Row]) -> dict[Identity, list[Columns]]:
    """Return the rows of EVENTS or CONNECTIONS by identity."""
    found: dict[Identity, list[Columns]] = defaultdict(list)
    for row in rows:
        source, about, status, word = row[:4]
        names = _MESSAGE if len(row) == len(_MESSAGE) else _CONNECTION
        found[source, about, status, word].append(dict(zip(names, row, strict=True)))
    return found


def facts(samples: Iterable[Sample]) -> dict[tuple[str, str], Row]:
    """Return (account, message) → the row of FACTS that all of the samples together call for."""
    told: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
    for sample in samples:
        for expected in sample.expect:
            if expected.get("message_id"):
                told[sample.provider, expected["message_id"]].append(expected)
    return {message: _fact(said) for message, said in told.items()}


def _fact(said: list[dict[str, Any]]) -> Row:
    statuses = {one["status"] for one in said}
    failed = [
        (-RANK.index(e["status"]), e["error"]["category"], e["error"]["code"]) for e in said if e["status"] in _FAILURES
    ]
    rank, category, code = min(failed, default=(0, "", ""))
    seen = sum(1 << RANK.index(status) for status in statuses)
    is_delivered = bool(statuses & {"delivered", "read"})
    aliases = sorted({alias for one in said for alias in one.get("aliases", [])})
    return seen, bool(failed) and is_delivered, RANK[-rank] if failed else "", category, code, _firsts(said), aliases


def _firsts(said: list[dict[str, Any]]) -> list[int]:
    """Return the first time of each status, UTC ms; 0 where no sample has one."""
    times = [[one["occurred_at_ms"] for one in said if one["status"] == status] for status in RANK]
    return [min((at for at in listed if at), default=0) for listed in times]

"""The events that the old generation published of some messages or connections, from the tables that keep them longest."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from clickhouse_connect.driver.client import Client

from operations.repair.seed import Published
from schemas.event import NOWHERE, UNDECIDED, ErrorDetail, Event
from schemas.identity import Identity

Subject = tuple[str, str]
"""(account, message id or connection id)."""


class Where(NamedTuple):
    """Which of the published events matter."""

    partition: int
    """Raw partition of them all."""
    since_ms: int
    """Append time, UTC ms, of the oldest."""
    others: Sequence[int] = ()
    """Generations folded from another raw log: what they published is older than all of this one."""


_SETTINGS: Final = {"max_execution_time": 3600}
_BOTH: Final = {
    **dict.fromkeys(("account", "source", "provider", "connection_id", "status", "provider_status", "time_source")),
    **dict.fromkeys(("absurd_time", "provider_event_id", "old_time", "line")),
    "id": "event_id",
    "occurred_at_ms": "toUnixTimestamp64Milli(occurred_at)",
    "received_at_ms": "toUnixTimestamp64Milli(received_at)",
}
"""Field of an event → the column it is in, or an expression of it; None: the column is called as the field."""
_OF_MESSAGES: Final = {
    **_BOTH,
    **dict.fromkeys(("message_id", "recipient", "recipient_kind", "participant", "client_ref", "aliases", "campaign")),
    **dict.fromkeys(("pricing", "receipt_times", "billable", "price_type", "price_category", "price_model")),
    "template": None,
    "identities": "arrayMap(identity -> [identity.1, identity.2], identities)",
    "first_at": "ifNull(toUnixTimestamp64Milli(first_at), 0)",
    "error": "(error_category, error_code, error_title, error_detail)",
    "further_errors": "arrayMap(one -> [one.1, one.2, one.3, one.4], further_errors)",
}


class _Events(NamedTuple):
    """The events of one kind of subject."""

    table: str
    subject: str
    """Column of the subject's id."""
    fields: Mapping[str, str | None]


_MESSAGES: Final = _Events("message_event", "message_id", _OF_MESSAGES)
_CONNECTIONS: Final = _Events("connection_event", "connection_id", {**_BOTH, "reason": None})


def of_messages(
    client: Client, store: str, subjects: Sequence[Subject], where: Where
) -> dict[Subject, list[Published]]:
    """Return the published events of messages, by (account, message id).

    Args:
        client: any client of the engine.
        store: database of the live tables.
        subjects: whose.
        where: which of them are looked at.
    """
    rows = _rows(client, store, _MESSAGES, subjects, where)
    return _by_subject(rows, is_message=True)


def of_connections(
    client: Client, store: str, subjects: Sequence[Subject], where: Where
) -> dict[Subject, list[Published]]:
    """Return the published events of connections, by (account, connection id)."""
    rows = _rows(client, store, _CONNECTIONS, subjects, where)
    return _by_subject(rows, is_message=False)


def _rows(
    client: Client, store: str, events: _Events, subjects: Sequence[Subject], where: Where
) -> Iterator[Published]:
    partition, since_ms, others = where
    offset = f"if(generation IN ({', '.join(map(str, others))}), -1, toInt64(log_offset))" if others else "log_offset"
    columns = ", ".join(column or field for field, column in events.fields.items())
    text = f"""
        SELECT {offset}, toUnixTimestamp64Milli(at), {columns} FROM {store}.{events.table} FINAL
        WHERE log_partition = {partition} AND at >= fromUnixTimestamp64Milli({since_ms})
            AND (account, {events.subject}) IN (SELECT arrayJoin(arrayZip({{accounts:Array(String)}}, {{ids:Array(String)}})))
        ORDER BY log_offset"""  # noqa: S608 - names and numbers of ours
    parameters = {"accounts": [account for account, _ in subjects], "ids": [id_ for _, id_ in subjects]}
    for offset, at_ms, *values in client.query(text, parameters=parameters, settings=_SETTINGS).result_rows:
        yield Published(_event(dict(zip(events.fields, values, strict=True))), offset, at_ms)


def _by_subject(published: Iterable[Published], *, is_message: bool) -> dict[Subject, list[Published]]:
    found: dict[Subject, list[Published]] = {}
    for one in published:
        event = one.event
        found.setdefault((event.account, event.message_id if is_message else event.connection_id), []).append(one)
    return found


def _event(values: dict[str, Any]) -> Event:
    error = values.pop("error", ())
    values["aliases"] = tuple(values.get("aliases", ()))
    values["identities"] = tuple(Identity(*pair) for pair in values.get("identities", ()))
    values.setdefault("message_id", "")
    values["further_errors"] = tuple(ErrorDetail(*one) for one in values.get("further_errors", ()))
    return Event(
        outcome=UNDECIDED,
        request_id="",
        index=0,
        raw=NOWHERE,
        error=ErrorDetail(*error) if any(error) else None,
        **values,
    )

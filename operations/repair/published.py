"""The events that the old generation published of some messages or connections, from the tables that keep them longest."""

from collections.abc import Iterable, Sequence
from typing import Any, Final

from clickhouse_connect.driver.client import Client

from operations.repair.seed import Published
from schemas.event import NOWHERE, UNDECIDED, ErrorDetail, Event

Subject = tuple[str, str]
"""(account, message id or connection id)."""

_SETTINGS: Final = {"max_execution_time": 3600}
_BOTH: Final = (
    "event_id, account, source, provider, connection_id, status, provider_status, toUnixTimestamp64Milli(occurred_at), "
    "time_source, toUnixTimestamp64Milli(received_at), absurd_time, provider_event_id, log_offset, toUnixTimestamp64Milli(at)"
)
_OF_MESSAGES: Final = (
    "message_id, recipient, recipient_kind, participant, client_ref, aliases, campaign, pricing, error_category, "
    "error_code, error_title, error_detail"
)


def of_messages(
    client: Client, store: str, subjects: Sequence[Subject], partition: int, since_ms: int
) -> dict[Subject, list[Published]]:
    """Return the published events of messages, by (account, message id).

    Args:
        client: any client of the engine.
        store: database of the live tables.
        subjects: whose.
        partition: raw partition of all of them.
        since_ms: append time, UTC ms, of the oldest that matters.
    """
    columns = f"{_BOTH}, {_OF_MESSAGES}"
    rows = _rows(client, (columns, f"{store}.message_event"), "message_id", subjects, (partition, since_ms))
    return _by_subject((_event(row[:14], row[14:]) for row in rows), is_message=True)


def of_connections(
    client: Client, store: str, subjects: Sequence[Subject], partition: int, since_ms: int
) -> dict[Subject, list[Published]]:
    """Return the published events of connections, by (account, connection id)."""
    columns = f"{_BOTH}, reason"
    rows = _rows(
        client,
        (columns, f"{store}.connection_event"),
        "connection_id",
        subjects,
        (partition, since_ms),
    )
    return _by_subject((_event(row[:14], (), row[14]) for row in rows), is_message=False)


def _rows(
    client: Client, what: tuple[str, str], subject: str, subjects: Sequence[Subject], where: tuple[int, int]
) -> Sequence[Sequence[Any]]:
    (columns, table), (partition, since_ms) = what, where
    text = f"""
        SELECT {columns} FROM {table} FINAL
        WHERE log_partition = {partition} AND at >= fromUnixTimestamp64Milli({since_ms})
            AND (account, {subject}) IN (SELECT arrayJoin(arrayZip({{accounts:Array(String)}}, {{ids:Array(String)}})))
        ORDER BY log_offset"""  # noqa: S608 - names and numbers of ours
    parameters = {"accounts": [account for account, _ in subjects], "ids": [id_ for _, id_ in subjects]}
    return client.query(text, parameters=parameters, settings=_SETTINGS).result_rows


def _by_subject(published: Iterable[Published], *, is_message: bool) -> dict[Subject, list[Published]]:
    found: dict[Subject, list[Published]] = {}
    for one in published:
        event = one.event
        found.setdefault((event.account, event.message_id if is_message else event.connection_id), []).append(one)
    return found


def _event(both: Sequence[Any], of_message: Sequence[Any], reason: str = "") -> Published:
    (id_, account, source, provider, connection, status, word, at_ms, time_source, received_ms, absurd, own_id) = both[
        :12
    ]
    message, recipient, kind, participant, reference, aliases, campaign, pricing, *error = of_message or _NO_MESSAGE
    event = Event(
        outcome=UNDECIDED,
        request_id="",
        index=0,
        raw=NOWHERE,
        id=id_,
        account=account,
        source=source,
        provider=provider,
        connection_id=connection,
        message_id=message,
        status=status,
        provider_status=word,
        occurred_at_ms=at_ms,
        time_source=time_source,
        received_at_ms=received_ms,
        absurd_time=absurd,
        recipient=recipient,
        recipient_kind=kind,
        participant=participant,
        client_ref=reference,
        provider_event_id=own_id,
        aliases=tuple(aliases),
        campaign=campaign,
        pricing=pricing,
        reason=reason,
        error=ErrorDetail(*error) if any(error) else None,
    )
    return Published(event, both[12], both[13])


_NO_MESSAGE: Final = ("", "", "", "", "", (), "", "", "", "", "", "")

"""Making events of what a provider's file has read, so that identity and time are decided in one place."""

from typing import Any, Final, NamedTuple

from schemas.error_category import category_of, is_no_error
from schemas.event import (
    NOWHERE,
    UNDECIDED,
    ErrorDetail,
    Event,
    Ignored,
    Normalized,
    TimeSource,
    Unmapped,
    event_id,
    message_time,
    trusted_time,
)
from schemas.identity import Identity
from schemas.providers.recipients import NO_PERSONS, SAID_ALREADY, identities_of
from schemas.record import SourceContext
from schemas.status import BIT, FAILURES

_WORD_SHOWN_MAX: Final = 80


class Price(NamedTuple):
    """What a provider says of a message's price, in its own words: all the evidence there is against an invoice."""

    billable: bool | None = None
    price_type: str = ""
    price_category: str = ""
    price_model: str = ""


def message_event(
    context: SourceContext,
    received_at_ms: int,
    *,
    message_id: str,
    connection_id: str,
    status: str,
    word: str,
    at_ms: int | None = None,
    clock: TimeSource = "provider",
    recipient: tuple[str, str] = ("", ""),
    participant: str = "",
    client_ref: str = "",
    their_id: str = "",
    aliases: tuple[str, ...] = (),
    error: ErrorDetail | None = None,
    family: str = "",
    identities: tuple[str, ...] = (),
    price: Price | None = None,
) -> Normalized:
    """Return what a provider says of a message, or why that cannot be determined.

    Args:
        context: the source the record came by.
        received_at_ms: time of receipt, UTC ms.
        message_id: the primary id; "" where none was found.
        connection_id: the number or session; "" where none was found.
        status: our status.
        word: the provider's word, verbatim.
        at_ms: the provider's own time, UTC ms, or None.
        clock: whose time `at_ms` is: the event's own (`provider`) or that of the sending (`envelope`).
        recipient: (recipient, kind).
        participant: in a group, whose device reported.
        client_ref: our reference, echoed.
        their_id: the provider's own id of the event, or "".
        aliases: other ids of the message.
        error: why it failed, where said.
        identities: other names of the recipient, as the provider writes them.
        price: what is said of its price.
        family: what stands for the provider in the event's identity, where several forward the same events.
    """
    if not message_id:
        return Unmapped("no message id found")
    if recipient[1] in NO_PERSONS:
        return Ignored(f"{recipient[1]}_status")
    # A provider without codes distinguishes its failures by their titles alone (Z-API, under one word for all outcomes).
    code, stamp = (error.code or error.title) if error else "", "" if at_ms is None else str(at_ms)
    their_name = family or context.provider
    return _event(
        context,
        received_at_ms,
        (at_ms, clock),
        event_id(their_id, status, their_name, connection_id, message_id, participant, word, stamp, code),
        connection_id=connection_id,
        message_id=message_id,
        status=status,
        provider_status=word,
        recipient=recipient[0],
        recipient_kind=recipient[1],
        participant=participant,
        client_ref=client_ref,
        provider_event_id=their_id,
        aliases=aliases,
        pricing=price.price_category if price else "",
        error=error,
        **_facts_few_give(recipient, identities, price),
    )


def _facts_few_give(recipient: tuple[str, str], identities: tuple[str, ...], price: Price | None) -> dict[str, Any]:
    facts: dict[str, Any] = price._asdict() if price else {}
    if identities or recipient[1] not in SAID_ALREADY:
        facts["identities"] = identities_of(Identity(recipient[1], recipient[0]), *identities)
    return facts


def connection_event(
    context: SourceContext,
    received_at_ms: int,
    *,
    connection_id: str,
    status: str,
    word: str,
    at_ms: int | None = None,
    clock: TimeSource = "provider",
    reason: str = "",
    their_id: str = "",
    stamp: str = "",
) -> Normalized:
    """Return what a provider says of a connection, or why it cannot be determined (arguments: see `message_event`).

    A message reports a status once; a connection closes again and again. So a report without an id, a time or a
    `stamp` is distinguished from the next by its time of receipt, which is kept with the record and so is the same for
    every copy of ours; otherwise the second logout would be taken for a repeat of the first.

    Args:
        context: the source the record came by.
        received_at_ms: time of receipt, UTC ms.
        connection_id: the number or session.
        status: our status.
        word: the provider's word, verbatim.
        at_ms: the provider's own time, UTC ms, or None.
        clock: whose time it is.
        reason: why, in the provider's words.
        their_id: the provider's own id of the event, or "".
        stamp: what differs between two reports and not between repeats of one, where that is no usable time.
    """
    if not connection_id:
        return Unmapped("no connection id found")
    stamp = stamp or connection_stamp(at_ms, received_at_ms)
    return _event(
        context,
        received_at_ms,
        (at_ms, clock),
        event_id(their_id, status, context.provider, connection_id, "", "", word, stamp, reason),
        connection_id=connection_id,
        message_id="",
        status=status,
        provider_status=word,
        provider_event_id=their_id,
        reason=reason,
    )


def connection_stamp(at_ms: int | None, received_at_ms: int) -> str:
    """Return what distinguishes a report of a connection from the next: its time, and receipt where that is none or absurd.

    Args:
        at_ms: the provider's own time, UTC ms, or None.
        received_at_ms: time of receipt, UTC ms.
    """
    if at_ms is None:
        return str(received_at_ms)
    _, is_theirs, _ = trusted_time(at_ms, received_at_ms)
    return str(at_ms) if is_theirs else f"{at_ms}/{received_at_ms}"


def _event(
    context: SourceContext, received_at_ms: int, time: tuple[int | None, TimeSource], identity: str, **facts: Any
) -> Event:
    at_ms, clock = time
    occurred_at_ms, is_theirs, absurd = trusted_time(at_ms, received_at_ms)
    first_at, is_old = message_time(occurred_at_ms if is_theirs else None, received_at_ms)
    is_message = facts["message_id"] != ""
    return Event(
        id=identity,
        account=context.account,
        source=context.source,
        provider=context.provider,
        outcome=UNDECIDED,
        request_id="",
        index=0,
        raw=NOWHERE,
        occurred_at_ms=occurred_at_ms,
        time_source=clock if is_theirs else "received",
        absurd_time=absurd,
        received_at_ms=received_at_ms,
        first_at=first_at if is_message else 0,
        old_time=is_old,
        receipt_times=BIT[facts["status"]] if is_message and not is_theirs else 0,
        **facts,
    )


def error_of(provider: str, status: str, code: str, title: str = "", detail: str = "") -> ErrorDetail | None:
    """Return the error of a failure, or of another status that comes with a code; None where none is due.

    A code that says that there is no error (0, NO_ERROR) is none, and texts alone make no failure of a delivery.
    """
    if not code or is_no_error(code):
        if status not in FAILURES:
            return None
        code = ""
    return ErrorDetail(category_of(provider, status, code), code, title, detail)


def unknown_word(word: str) -> Unmapped:
    """Return the reason for a status word that is not known (or not there)."""
    return Unmapped(f"unknown status {word[:_WORD_SHOWN_MAX]!r}" if word else "no status found")

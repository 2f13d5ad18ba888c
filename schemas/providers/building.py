"""Making events of what a provider's file has read, so that identity and time are decided in one place."""

from typing import Final, NamedTuple

from schemas.error_category import category_of, is_documented, is_no_error
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
from schemas.providers.provider import NOBODY
from schemas.providers.recipients import NO_PERSONS, SAID_ALREADY, identities_of
from schemas.record import SourceContext
from schemas.status import BIT, FAILURES

_WORD_SHOWN_MAX: Final = 80
FURTHER_ERRORS_MAX: Final = 8
"""Causes of one event that are kept, the first included."""


class Price(NamedTuple):
    """What a provider says of a message's price, in its own words: all the evidence there is against an invoice."""

    billable: bool | None = None
    price_type: str = ""
    price_category: str = ""
    price_model: str = ""


_NO_PRICE: Final = Price()


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
    errors: tuple[ErrorDetail, ...] = (),
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
        errors: why it failed, where said: the first counts, the others are kept beside it.
        identities: other names of the recipient, as the provider writes them.
        price: what is said of its price.
        family: what stands for the provider in the event's identity, where several forward the same events.
    """
    if not message_id:
        return Unmapped("no message id found")
    if recipient[1] in NO_PERSONS:
        return Ignored(f"{recipient[1]}_status")
    occurred_at_ms, is_theirs, absurd = trusted_time(at_ms, received_at_ms)
    first_at, is_old = message_time(occurred_at_ms if is_theirs else None, received_at_ms)
    error = errors[0] if errors else None
    identity = ""
    if context is not NOBODY:  # a body that is read only for its key
        # A provider without codes distinguishes its failures by their titles alone (Z-API, under one word for all outcomes).
        code, stamp = (error.code or error.title) if error else "", "" if at_ms is None else str(at_ms)
        names = (family or context.provider, connection_id, message_id, participant)
        identity = event_id(their_id, status, *names, word, stamp, code)
    named: tuple[Identity, ...] = ()
    if identities or recipient[1] not in SAID_ALREADY:
        named = identities_of(Identity(recipient[1], recipient[0]), *identities)
    # By position, in the order of the fields: twenty keywords cost more than all else here.
    # fmt: off
    return Event(
        context.account, context.source, context.provider, connection_id, message_id, status, word, UNDECIDED,
        occurred_at_ms, clock if is_theirs else "received", received_at_ms, "", 0, NOWHERE, absurd,
        recipient[0], recipient[1], participant, client_ref, their_id, aliases, "",
        price.price_category if price else "", "", error, first_at, is_old, 0 if is_theirs else BIT[status],
        *(price or _NO_PRICE), identities=named, further_errors=errors[1:FURTHER_ERRORS_MAX], id=identity,
    )
    # fmt: on


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
    occurred_at_ms, is_theirs, absurd = trusted_time(at_ms, received_at_ms)
    return Event(
        id=event_id(their_id, status, context.provider, connection_id, "", "", word, stamp, reason),
        account=context.account,
        source=context.source,
        provider=context.provider,
        connection_id=connection_id,
        message_id="",
        status=status,
        provider_status=word,
        outcome=UNDECIDED,
        occurred_at_ms=occurred_at_ms,
        time_source=clock if is_theirs else "received",
        received_at_ms=received_at_ms,
        request_id="",
        index=0,
        raw=NOWHERE,
        absurd_time=absurd,
        old_time=message_time(occurred_at_ms if is_theirs else None, received_at_ms)[1],
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


def error_of(provider: str, status: str, code: str, title: str = "", detail: str = "") -> ErrorDetail | None:
    """Return the error of a failure, or of another status that comes with a code; None where none is due.

    A code that says that there is no error (0, NO_ERROR) is none, unless the provider documents it as one (Meta's 0) and
    the message failed; texts alone make no failure of a delivery.
    """
    if not code or is_no_error(code):
        if status not in FAILURES:
            return None
        code = code if is_documented(provider, code) else ""
    return ErrorDetail(category_of(provider, status, code, text=title or detail), code, title, detail)


def errors_of(provider: str, status: str, *said: tuple[str, str, str]) -> tuple[ErrorDetail, ...]:
    """Return the errors of an event whose provider names several: (code, title, detail) of each, none twice."""
    found = (error_of(provider, status, *one) for one in said)
    return tuple(dict.fromkeys(error for error in found if error))


def unknown_word(word: str) -> Unmapped:
    """Return the reason for a status word that is not known (or not there)."""
    return Unmapped(f"unknown status {word[:_WORD_SHOWN_MAX]!r}" if word else "no status found")

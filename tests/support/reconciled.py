"""Sends and messages put into the tables as they stand there, for tests of what is compared."""

import time
from datetime import UTC, datetime
from typing import Any

from reconciliation.match.compare import compare, extent_of
from reconciliation.match.comparison import Comparison
from reconciliation.match.due import Due
from schemas.erasure import known_as
from schemas.status import BIT
from tests.support.databases import Databases
from tests.support.world import START_MS

HASH_KEY = (1, 2)
SALT = "salt"
SEND: dict[str, Any] = {
    **dict.fromkeys(
        ("message_id", "reference", "recipient", "recipient_kind", "line", "connection_id", "campaign"), ""
    ),
    **dict.fromkeys(("template", "provider", "status", "category", "country", "currency", "period"), ""),
    "manifest": "key:1",
    "role": "sender",
    "sent_ms": None,
    "version_ms": START_MS,
    "amount_micros": None,
    "quantity": 1,
    "tags": {},
}
MESSAGE: dict[str, Any] = {
    **dict.fromkeys(("client_ref", "connection_id", "campaign", "template", "line", "recipient", "recipient_kind"), ""),
    **dict.fromkeys(("pricing", "provider", "price_category"), ""),
    "aliases": [],
    "identities": [],
    "status": "delivered",
    "billable": None,
    "erased": False,
}
_SAME = ("manifest", "row", "role", "message_id", "reference", "recipient", "recipient_kind", "line", "connection_id")
_SEND_COLUMNS = (*_SAME, "campaign", "template", "provider", "status", "amount_micros", "currency", "category", "country", "quantity", "period", "tags")  # fmt: skip
_TEXTS = ("message_id", "client_ref", "connection_id", "campaign", "template", "line", "pricing", "provider", "price_category")  # fmt: skip


def at(ms: int) -> datetime:
    """Return a time of the tables."""
    return datetime.fromtimestamp(ms / 1000, UTC)


def insert_sends(databases: Databases, account: str, sends: list[dict[str, Any]]) -> None:
    """Insert rows of manifests: dictionaries of SEND's fields, `row`, and times in ms."""
    rows = [
        [
            account,
            at(s["version_ms"]),
            None if s["sent_ms"] is None else at(s["sent_ms"]),
            *(s[c] for c in _SEND_COLUMNS),
        ]
        for s in (SEND | s for s in sends)
    ]
    if rows:
        databases.client.insert(
            f"{databases.store}.message_send", rows, column_names=["account", "version", "sent_at", *_SEND_COLUMNS]
        )


def insert_messages(databases: Databases, account: str, messages: list[dict[str, Any]]) -> None:
    """Insert states of messages: dictionaries of MESSAGE's fields, `message_id` and `first_ms`."""
    rows = []
    for m in (MESSAGE | m for m in messages):
        first = at(m["first_ms"])
        seen = m.get("seen", BIT[m["status"]])
        receipt = at(m.get("received_ms", m["first_ms"]))
        recipient = (m["recipient"], m["recipient_kind"])
        delivered = first if m["status"] == "delivered" else None
        failure = (-30, "unknown", "1", "") if m["status"] == "error" else (0, "", "", "")
        rows.append(
            [
                *(account, first.date(), first, first, first, receipt, receipt, seen, delivered, recipient, failure),
                *(m["aliases"], m["identities"], m["billable"], ["s"], *(m[c] for c in _TEXTS)),
            ]
        )
    columns = (
        *("account", "anchor_day", "anchor_at", "last_event_at", "first_at", "first_received_at", "last_received_at"),
        *("seen", "delivered_at", "recipient", "failure", "aliases", "identities", "billable", "sources", *_TEXTS),
    )
    if rows:
        databases.client.insert(f"{databases.store}.message_state", rows, column_names=columns)


def forget_messages(databases: Databases, account: str, ids: list[str]) -> dict[str, str]:
    """Note messages as forgotten, as `recibo forget` does; return what each id is called since."""
    called = {one: known_as(SALT, f"{account}/{one}".encode()) for one in ids}
    rows = [[name, SALT, at(START_MS)] for name in called.values()]
    if rows:
        databases.client.insert(f"{databases.store}.erased_message", rows, column_names=["known_as", "salt", "since"])
    return called


def compared(databases: Databases, asked: Comparison, **options: Any) -> tuple[Due, ...]:
    """Run a comparison over the tables of a test."""
    return compare(databases.client, databases.store, asked, HASH_KEY, **options)


def asked_of(
    databases: Databases, account: str, run: str, manifests: tuple[str, ...], as_of_ms: int, **more: Any
) -> Comparison:
    """Return the comparison of some manifests."""
    extent = extent_of(databases.client, databases.store, account, manifests)
    now_ms = int(time.time() * 1000)
    return Comparison(
        account=account, run=run, manifests=manifests, made_ms=now_ms, as_of_ms=as_of_ms, extent=extent, **more
    )

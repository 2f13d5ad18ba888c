"""What is held of a person and where, and when each part that cannot be deleted at once ends."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from clickhouse_connect.driver.client import Client

from operations.forget.found import Person
from projections.clickhouse.erasure import KEY, KNOWN_AS
from projections.clickhouse.send_erasure import SendsOf
from projections.clickhouse.sought import spelled
from projections.literals import quoted
from schemas.erasure import ErasureKey
from schemas.identity import Identity
from schemas.message_state import HORIZON_MS
from schemas.record import record_key
from schemas.topics import DAY_MS, Topics

SEGMENT_MS: Final = 7 * DAY_MS
"""Kafka's default `segment.ms`: records leave with the whole segment that they are in."""
_SWEPT_MS: Final = HORIZON_MS + 2 * DAY_MS
"""A state is deleted a day after it counts as absent, by the sweep that comes then."""

TIMES: Final = {
    "message_state": "last_event_at",
    "message_member": "last_event_at",
    "message_event": "at",
    "webhook_raw": "at",
    "webhook_set_aside": "at",
    "message_alias": "toDateTime64(anchor_day, 3, 'UTC')",
    "state_alias": "toDateTime64(anchor_day, 3, 'UTC')",
    "message_name": "toDateTime64(anchor_day, 3, 'UTC')",
    "message_group": "toDateTime64(anchor_day, 3, 'UTC')",
    "person_link": "toDateTime64(month, 3, 'UTC')",
    "person": "toDateTime64(month, 3, 'UTC')",
    "projection_set_aside": "at",
    "message_send": "version",
    "send_name": "toDateTime64(day, 3, 'UTC')",
    "reconciliation_difference": "made_at",
    "reconciliation_billed": "made_at",
    "reconciliation_acknowledgement": "at",
}
"""Table that holds something of people → the time of its rows."""


@dataclass(frozen=True, slots=True)
class Part:
    """What one place holds of a person."""

    place: str
    """`table message_event`, `topic webhook.raw`, …"""
    rows: int
    first_ms: int
    last_ms: int
    ends_ms: int
    """When it is certain to be gone by itself, UTC ms; 0: erased at once, when the person is."""
    why: str = ""
    """What makes it end then; for a place that nothing is deleted from."""


def tables_of(client: Client, store: str, person: Person, key: ErasureKey) -> list[Part]:
    """Return what the tables hold of a person."""
    found = []
    for table, where in wheres(store, person, key).items():
        text = f"SELECT count(), toUnixTimestamp64Milli(min(toDateTime64({TIMES[table]}, 3, 'UTC'))), toUnixTimestamp64Milli(max(toDateTime64({TIMES[table]}, 3, 'UTC'))) FROM {store}.{table} WHERE {where}"  # noqa: S608
        rows, first, last = client.query(text).result_rows[0]
        if rows:
            found.append(Part(f"table {table}", int(rows), int(first), int(last), 0))
    return found


def wheres(store: str, person: Person, key: ErasureKey) -> dict[str, str]:
    """Return which rows of each table are of a person."""
    salt = quoted(key.messages_salt)
    called = [key.known_as(record_key(*message)) for message in person.messages]
    listed = ", ".join(map(quoted, called)) or "''"
    sought = spelled(person.names.identities, person.names.pattern, person.names.forms)
    sends = SendsOf(store, key.messages_salt, called, sought)
    mine = f"{KNOWN_AS.format(salt=salt, text=KEY)} IN ({listed})"
    keyed = f"{KNOWN_AS.format(salt=salt, text='key')} IN ({listed})"
    found, pairs = sought.pattern, sought.names
    by_message = ("message_state", "message_member", "message_alias", "state_alias", "message_name", "message_group")
    return dict.fromkeys(by_message, mine) | {
        "message_event": f"{mine} OR participant IN {sought.forms}",
        "webhook_raw": f"{keyed} OR match(payload, {found}) OR match(relay, {found}) OR match(key, {found})",
        "webhook_set_aside": f"{keyed} OR match(key, {found}) OR match(why, {found})",
        "projection_set_aside": f"{keyed} OR match(value, {found}) OR match(key, {found})",
        "person_link": f"(kind, value) IN {pairs} OR (other_kind, other_value) IN {pairs}",
        "person": f"(kind, value) IN {pairs}",
        "message_send": f"{sends.in_sends} OR {sends.in_texts}",
        "send_name": sends.in_names,
        "reconciliation_difference": f"{sends.in_differences} OR match(reference, {found})",
        "reconciliation_billed": sends.in_billed,
        "reconciliation_acknowledgement": f"{sends.in_acknowledgements} OR match(reason, {found})",
    }


def topics_of(tables: list[Part], topics: Topics, retention_ms: Mapping[str, int], now_ms: int) -> Iterator[Part]:
    """Yield what topics and stores hold, by what the tables say was in them. Pure.

    Args:
        tables: what the tables hold.
        topics: names.
        retention_ms: topic → how long it keeps records.
        now_ms: the time, UTC.
    """
    by_table = {part.place.removeprefix("table "): part for part in tables}
    fed = {"webhook_raw": topics.raw, "message_event": topics.message_events, "webhook_set_aside": topics.set_aside}
    fed["message_send"] = topics.sends
    for table, topic in fed.items():
        part = by_table.get(table)
        ends = retention_ms.get(topic, topics.retention_ms) + SEGMENT_MS
        if part is not None and part.last_ms + ends > now_ms:
            why = "the topic's retention, and the segment that the records are in"
            yield Part(f"topic {topic}", part.rows, part.first_ms, part.last_ms, part.last_ms + ends, why)
    states = by_table.get("message_state")
    if states is not None and states.last_ms + _SWEPT_MS > now_ms:
        old = "old values: number and reference leave with compaction"
        yield Part(
            f"topic {topics.message_state}", states.rows, states.first_ms, states.last_ms, now_ms + 9 * DAY_MS, old
        )
        ids = "the message's id alone, until a late event of it counts as a new message's"
        ends = max(now_ms, states.last_ms) + _SWEPT_MS + 7 * DAY_MS
        yield Part(
            f"topic {topics.message_state}, local stores", states.rows, states.first_ms, states.last_ms, ends, ids
        )


def as_documents(parts: list[Part]) -> list[dict[str, Any]]:
    """Return parts as JSON would have them."""
    return [{name: getattr(part, name) for name in Part.__slots__} for part in parts]


def masked(identity: Identity) -> str:
    """Return an identity for a log or a report that may be kept: its kind, and its last two characters."""
    return f"{identity.kind} …{identity.value[-2:]}"

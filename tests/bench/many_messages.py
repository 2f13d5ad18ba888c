"""Rows of many messages in every table, as the projector would have inserted them, made by the engine itself.

Twenty messages share a block of 49 raw records on one partition: SLOTS says what each record is, and how many blocks of
its partition after its message it comes. `many_records.sql` works out everything about a record from its number, and
each table takes columns of it. So the tables agree with one another: every record has one outcome, and every state says
what its events say. A state comes in a row an event, for the engine to fold. Pure: it makes statements and runs none.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from string import Template
from typing import Final

from schemas.connection_state import CONNECTION_RANK
from schemas.status import BIT

STORE: Final = "fill_store"
VIEWS: Final = "fill"
DAYS: Final = 60
"""How many days the records are spread over, evenly."""
DAY_MS: Final = 86_400_000
BLOCK_MESSAGES: Final = 20
PARTITIONS: Final = 4
_CONNECTION_EVERY: Final = 250
"""One block in so many has an event of a connection."""
_LINKED_EVERY: Final = 50
"""One block in so many has a message known by two ids, each with a state of its own."""

_RECORDS: Final = Template((Path(__file__).parent / "many_records.sql").read_text(encoding="utf-8"))
_SETTINGS: Final = (
    "async_insert = 0, insert_deduplicate = 0, deduplicate_insert = 'disable', max_partitions_per_insert_block = 100, "
    "max_insert_threads = 2, max_threads = 2"
)


@dataclass(frozen=True, slots=True)
class Slot:
    """One record of a block."""

    kind: str
    """event, repeat, batch (the whole of a body in parts), or other: an inbound message, at times a connection's event."""
    message: int = 0
    status: str = ""
    lag: int = 0
    """Blocks of its partition after the message's own. Where the log begins later than that, it is an inbound message."""
    late: bool = False
    """Whether a greater status has overtaken it."""


_OVERTAKEN: Final = 9
_SINGLES: Final = 45
"""Records with a body of their own; those after them came in one."""
SLOTS: Final = (
    *(Slot("event", m, "created", int(m == _OVERTAKEN), m == _OVERTAKEN) for m in range(BLOCK_MESSAGES)),
    Slot("event", 0, "error"),
    Slot("event", 1, "number_not_found"),
    *(Slot("event", m, "delivered") for m in range(2, 14)),
    *(Slot("event", m, "delivered", 1) for m in (14, 15, 16)),
    Slot("event", 17, "delivered", 10),
    Slot("event", 18, "delivered", 100),  # and of the last one no more is heard
    *(Slot("event", m, "read", lag) for m, lag in ((2, 1), (3, 10), (4, 100), (5, 1000))),
    Slot("repeat", 6, "delivered", 1),
    Slot("other"),
    Slot("event", 8, "read", 1),
    Slot("event", 10, "read", 1),
    Slot("repeat", 7, "created"),
    Slot("batch"),
)
_REQUESTS: Final = _SINGLES + 2
"""Requests of a block: one for each single, one for the body of several, and one that was refused."""


@dataclass(frozen=True, slots=True)
class Extent:
    """How many messages there are, and when they were."""

    messages: int
    """A multiple of BLOCK_MESSAGES."""
    since_ms: int
    """When the first record was appended, ms since 1970: a UTC midnight."""

    @property
    def blocks(self) -> int:
        """How many blocks the messages make."""
        return self.messages // BLOCK_MESSAGES


_SOURCE: Final = ("'wpp' AS source", "'acme' AS account", "'wpp_marketing' AS provider")
_STATED: Final = ("'acme' AS account", "'wpp_marketing' AS provider", "['wpp'] AS sources", "connection_id")
_COORDINATE: Final = ("at", "log_partition", "log_offset", *_SOURCE, "received_at")
_OUTCOME: Final = (*_COORDINATE, "1 AS generation", "request_id", "event_index")
_EVENT: Final = (
    *_OUTCOME,
    *("event_id", "connection_id", "status", "status AS provider_status", "outcome", "occurred_at"),
    "'provider' AS time_source",
)
_REFUSED: Final = f"slot = {_REQUESTS}"
_SEEN: Final = ("created", "error", "number_not_found", "delivered", "read")

_STATE: Final = (
    *(*_STATED, "anchor_day", "message_id", "anchor_at", "at AS last_event_at"),
    *("received_at AS first_received_at", "received_at AS last_received_at"),
    *("(5, r.recipient, 'phone') AS ranked_recipient", "concat('+', r.recipient) AS line"),
    *("[('phone', r.recipient)] AS identities", "client_ref", "campaign", "'marketing' AS pricing", "aliases"),
    *("occurred_at AS first_at", "1 AS generation"),
    *("seen", "failure", *(f"if(status = '{name}', occurred_at, NULL) AS {name}_at" for name in _SEEN)),
)

_VERSIONS: Final = (
    "what = 'event' AND status = 'created'",
    "what = 'event' AND status IN ('error', 'number_not_found', 'delivered')",
    "what = 'event' AND status = 'read'",
)
"""Which records have a row in each of the versions that a state comes in, one by one."""

_NAMED: Final = "arrayJoin([(r.recipient, 'recipient'), (r.client_ref, 'reference')])"

INSERTS: Final[tuple[tuple[str, str, tuple[str, ...]], ...]] = (
    (
        "webhook_raw",
        "true",
        (
            *(*_COORDINATE, "key", "request_id", "event_index", "kind", "payload"),
            *("'application/json' AS content_type", "['*'] AS selected", "1 AS split_version"),
        ),
    ),
    (
        "webhook_request",
        f"slot <= {_REQUESTS}",
        (
            *("at", "log_partition", *_SOURCE, "received_at", "'POST' AS method", "'/v1/webhooks/wpp' AS path"),
            f"toUInt64(intDiv(block, {PARTITIONS}) * {_REQUESTS} + slot - 1) AS log_offset",
            f"if({_REFUSED}, lower(hex(sipHash128(block, slot))), r.request_id) AS request_id",
            "900 + hash % 4000 AS duration_us",
            "received_at + toIntervalMillisecond(intDiv(duration_us, 1000)) AS answered_at",
            "concat('10.0.0.', toString(hash % 8)) AS remote_address",
            f"if({_REFUSED}, 401, 204) AS status",
            "length(payload) AS body_bytes",
            f"if({_REFUSED}, '', lower(hex(SHA256(payload)))) AS sha256",
            f"multiIf({_REFUSED}, 0, slot > {_SINGLES}, 3, 1) AS events",
            f"if({_REFUSED}, 'nowhere', 'log') AS stored",
            f"if({_REFUSED}, 'signature', '') AS refusal",
        ),
    ),
    (
        "message_event",
        "what = 'event'",
        (
            *(*_EVENT, "message_id", "recipient", "'phone' AS recipient_kind", "client_ref", "aliases", "campaign"),
            *("'marketing' AS pricing", "failure.2 AS error_category", "failure.3 AS error_code"),
            "failure.4 AS error_title",
        ),
    ),
    ("connection_event", "what = 'connection'", _EVENT),
    (
        "webhook_set_aside",
        "what IN ('repeat', 'other')",
        (
            *(*_OUTCOME, "key", "if(what = 'repeat', 'repeat', 'ignored') AS outcome"),
            "if(what = 'repeat', 'event id known', 'not a status') AS why",
            "if(what = 'repeat', '', 'inbound') AS kind",
            "if(what = 'repeat', r.event_id, '') AS event_id",
        ),
    ),
    *(("message_state", version, _STATE) for version in _VERSIONS),
    *(("message_member", f"{version} AND is_linked", _STATE) for version in _VERSIONS),
    (
        "message_alias",
        "what = 'event' AND status = 'created'",
        (_STATED[0], "arrayJoin(arrayPushFront(aliases, message_id)) AS id", "message_id", "anchor_day"),
    ),
    (
        "state_alias",
        "what = 'event' AND status = 'created'",
        (_STATED[0], "message_id", "anchor_day", "arrayJoin(aliases) AS id"),
    ),
    (
        "alias_hash",
        "what = 'event' AND status = 'created'",
        (
            "halfMD5(concat('acme/', arrayJoin(arrayPushFront(aliases, message_id)))) AS id_hash",
            "halfMD5(concat('acme/', message_id)) AS state_hash",
            "anchor_day",
        ),
    ),
    (
        "message_name",
        "what = 'event' AND status = 'created'",
        (*(f"{_NAMED}.1 AS name", f"{_NAMED}.2 AS found_by", _STATED[0], "message_id", "anchor_day"),),
    ),
    ("message_account", "what = 'event' AND slot = 1", (_STATED[0],)),
    (
        "member_hash",
        "what = 'event' AND status = 'created' AND is_linked",
        ("halfMD5(concat('acme/', message_id)) AS state_hash", "anchor_day"),
    ),
    (
        "message_group",
        "what = 'event' AND status = 'created' AND is_linked",
        ("anchor_day", _STATED[0], "message_id", "(toInt64(0), first_state.1, first_state.2) AS least"),
    ),
    (
        "connection_state",
        "what = 'connection'",
        (
            *(*_STATED, "toDate(at) AS anchor_day", "at AS anchor_at", "at AS last_event_at"),
            "latest",
            *(
                f"if(status = '{name}', occurred_at, NULL) AS {name}_{which}_at"
                for name in ("connected", "logout")
                for which in ("first", "last")
            ),
        ),
    ),
)
"""What is inserted: the table, which records have a row in it, and the row's columns."""


def statements(extent: Extent, first: int, count: int, tables: Iterable[str] = ()) -> Iterator[str]:
    """Return the inserts of `count` blocks from block `first` on, into some tables or all; twice is as good as once."""
    records = _RECORDS.substitute(_words(extent), first=first * len(SLOTS), count=count * len(SLOTS))
    for table, condition, columns in INSERTS:
        if tables and table not in tables:
            continue
        names = ", ".join(column.rpartition(" AS ")[2] for column in columns)
        yield (
            f"INSERT INTO {STORE}.{table} ({names}) SETTINGS {_SETTINGS}\n"
            f"SELECT {', '.join(columns)}\nFROM ({records}) AS r WHERE {condition}"
        )


def _words(extent: Extent) -> dict[str, object]:
    """Return what `many_records.sql` leaves open."""
    return {
        "slots": len(SLOTS),
        "singles": _SINGLES,
        "partitions": PARTITIONS,
        "block_messages": BLOCK_MESSAGES,
        "connection_every": _CONNECTION_EVERY,
        "linked_every": _LINKED_EVERY,
        "overtaken": _OVERTAKEN,
        "overtaking_slot": next(n for n, s in enumerate(SLOTS) if s.message == _OVERTAKEN and s.status == "delivered"),
        "since_ms": extent.since_ms,
        "step_ms": repr(DAYS * DAY_MS / (extent.blocks * len(SLOTS))),
        "kind": [slot.kind for slot in SLOTS],
        "message": [slot.message for slot in SLOTS],
        "status": [slot.status for slot in SLOTS],
        "lag": [slot.lag for slot in SLOTS],
        "late": [int(slot.late) for slot in SLOTS],
        "seen": [BIT.get(slot.status, 0) for slot in SLOTS],
        "connected_rank": CONNECTION_RANK["connected"],
        "logout_rank": CONNECTION_RANK["logout"],
    }

"""What must come of a raw log, in plain code of its own: it shares no decision with the processors.

It reads the bodies of `traffic.py` only, one record at a time in the order of the log, and says for every coordinate
which record must be found where, and for every key which state, as the JSON documents consumers read.
"""

import hashlib
import json
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

from schemas.error_category import category_of
from schemas.topics import Topics
from tests.faults.processors.truth_facts import (
    CONNECTION_RANKS,
    FAILURES,
    RANKS,
    Document,
    fold_connection,
    fold_message,
    new_state,
    standing,
    strip,
)

DAY_MS: Final = 86_400_000
ERASE: Final = "(erase)"
IGNORED: Final = {"typing": "presence", "message": "inbound_message", ERASE: "erasure_request"}
LISTED_MAX: Final = 64
RING_MAX: Final = 256
NAMES: Final = {1: "advanced", 2: "filled"}
LEFT_OUT: Final = {4: "advanced", 3: "filled"}
"""What a journal says of an event that its first source left out → what it would have been."""


class Expected(NamedTuple):
    """The one record that a coordinate of the raw log must lead to."""

    topic: str
    key: bytes
    document: Document
    at_ms: int


class Truth:
    """What is true after the records seen so far."""

    def __init__(self, generation: int) -> None:
        self._topics = Topics(generation)
        self.states: dict[tuple[str, bytes], Document] = {}
        """(topic, key) → the state's document."""
        self.changed: set[tuple[str, bytes]] = set()
        """Keys of the states that changed; whoever compares them clears it."""
        self.outcomes: dict[str, int] = {}
        self._times: dict[int, int] = {}

    def is_expired(self, state: Document, partition: int) -> bool:
        """Return whether a state may be deleted: it is past the horizon, and a day more, in its partition's time."""
        return self._times[partition] - int(state["_"][1]) > 46 * DAY_MS

    def tell(self, record: Any) -> Expected | None:
        """Take the next record of its partition; None for a whole body, which has no outcome."""
        self._times[record.partition] = max(record.timestamp, self._times.get(record.partition, 0))
        headers = _headers(record)
        if headers is None:
            return self._set_aside(record, ({}, ["", 0, "single", 0]), "unmapped")
        if headers[1][2] == "batch":
            return None
        context, _ = headers
        said = _read(record.value)
        word = said.get("event") if said is not None else None
        if headers[1][2] == "erase" and not context["source"]:
            self._forget(record)
            word = ERASE
        if word in IGNORED:
            return self._set_aside(record, headers, "ignored", kind=IGNORED[word])
        is_message = word in RANKS
        subject = said.get("message_id" if is_message else "connection_id") if said is not None else None
        if said is None or not subject or not (is_message or word in CONNECTION_RANKS):
            return self._set_aside(record, headers, "unmapped")
        if record.key != f"{context['account']}/{subject}".encode():
            return self._set_aside(record, headers, "unmapped")
        return self._event(record, headers, said, is_message=is_message)

    def _forget(self, record: Any) -> None:
        """Take from a message what says of whom it was, unless it is past the horizon, or younger than what is asked."""
        place = (self._topics.message_state, record.key)
        state, asked = self.states.get(place), json.loads(record.value)
        if state is None or "_erased" in state or record.timestamp - state["_"][1] > 45 * DAY_MS:
            return
        if state["first_at"] <= asked["since_ms"]:
            state["_erased"], state["_"][0] = [record.offset, asked["known_as"]], record.offset
            strip(state)
            self.changed.add(place)

    def _event(self, record: Any, headers: Any, said: Document, *, is_message: bool) -> Expected:
        context, _ = headers
        event = _event_of(headers, said, is_message=is_message)
        topic = self._topics.message_state if is_message else self._topics.connection_state
        state = self.states.get((topic, record.key))
        if state is None or (is_message and record.timestamp - state["_"][1] > 45 * DAY_MS):
            state = new_state(event, record.timestamp, is_message=is_message)
            self.states[topic, record.key] = state
        journal = state["_"][2]
        selects = context.get("selected") is None or event["status"] in context["selected"]
        listed = next((e for e in (journal if is_message else journal[-RING_MAX:]) if e[0] == event["id"]), None)
        is_forgotten = "_erased" in state
        may_follow = selects and isinstance(listed[2], int) and listed[2] in LEFT_OUT if listed else False
        if listed is not None and (is_forgotten or not may_follow):
            return self._set_aside(record, headers, "repeat", event)
        self.changed.add((topic, record.key))
        if listed is not None:  # left out until now
            verdict = LEFT_OUT[listed[2]]
            listed[2], state["_"][0] = [listed[2], record.offset], record.offset
            return self._published(record, headers, event, verdict, is_message=is_message)
        before = standing(state)
        (fold_message if is_message else fold_connection)(state, event)
        state["_"][0] = record.offset
        state["_"][1] = max(state["_"][1], record.timestamp)
        if is_forgotten:
            strip(state)
        if is_message and len(journal) >= LISTED_MAX:
            return self._set_aside(record, headers, "overflow", event)
        if is_forgotten:
            journal.append([event["id"], record.offset, 5])
            return self._set_aside(record, headers, "ignored", event, "erased")
        code = (1 if selects else 4) if standing(state) != before else (2 if selects else 3)
        journal.append([event["id"], record.offset, code])
        if not selects:
            return self._set_aside(record, headers, "unselected", event)
        return self._published(record, headers, event, NAMES[code], is_message=is_message)

    def _published(self, record: Any, headers: Any, event: Document, outcome: str, *, is_message: bool) -> Expected:
        self.outcomes[outcome] = self.outcomes.get(outcome, 0) + 1
        _, (request, index, _, _) = headers
        data = {
            k: v for k, v in event.items() if v not in ("", [], None, False) or k in ("connection_id", "message_id")
        }
        del data["id"]
        data |= {"outcome": outcome, "request_id": request, "index": index}
        data["raw"] = {"partition": record.partition, "offset": record.offset, "at_ms": record.timestamp}
        document = {
            "specversion": "1.0",
            "id": event["id"],
            "source": f"/{event['account']}/{event['connection_id']}",
            "type": f"whatsapp.{'message' if is_message else 'connection'}.status.v1",
            "subject": event["message_id"] or event["connection_id"],
            "data": data,
        }
        if event["time_source"] == "provider":
            at = datetime.fromtimestamp(event["occurred_at_ms"] / 1000, UTC)
            document["time"] = at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        topic = self._topics.message_events if is_message else self._topics.connection_events
        return Expected(topic, record.key, document, record.timestamp)

    def _set_aside(
        self, record: Any, headers: Any, outcome: str, event: Document | None = None, kind: str = ""
    ) -> Expected:
        self.outcomes[outcome] = self.outcomes.get(outcome, 0) + 1
        context, (request, index, _, received_at_ms) = headers
        document = {
            "partition": record.partition,
            "offset": record.offset,
            "raw_at_ms": record.timestamp,
            "outcome": outcome,
            "source": context.get("source", ""),
            "account": context.get("account", ""),
            "provider": context.get("provider", ""),
            "request_id": request,
            "index": index,
            "received_at_ms": received_at_ms,
        }
        if event is not None:
            document["event_id"] = event["id"]
        if kind:
            document["kind"] = kind
        return Expected(self._topics.set_aside, record.key or b"", document, record.timestamp)


def _headers(record: Any) -> tuple[Document, list[Any]] | None:
    named = dict(record.headers)
    try:
        request, index, kind, received = json.loads(named["request"])
        return json.loads(named["source"]), [request, int(index), kind, int(received)]
    except (KeyError, ValueError):
        return None


def _read(value: bytes | None) -> Document | None:
    try:
        document = json.loads(value or b"")
    except ValueError:
        return None
    if isinstance(document, dict) and "events" in document:
        document = document["events"][0]
    return document if isinstance(document, dict) else None


def _event_of(headers: tuple[Document, list[Any]], said: Document, *, is_message: bool) -> Document:
    context, (_, _, _, received_at_ms) = headers
    given = said.get("occurred_at")
    theirs = None if given is None else (given if given >= 100_000_000_000 else given * 1000)
    trusted = theirs is not None and 1_230_768_000_000 <= theirs <= received_at_ms + DAY_MS
    old = trusted and theirs < received_at_ms - 8 * DAY_MS
    own_times = [received_at_ms, *([theirs] if trusted and not old else [])]
    status, error = said["event"], said.get("error", {})
    message_id = said.get("message_id", "") if is_message else ""
    identity = (
        context["provider"],
        said["connection_id"],
        message_id,
        said.get("participant", ""),
        status,
        str(theirs or ""),
        error.get("code", ""),
    )
    digest = hashlib.sha256("\x1f".join(identity).encode()).hexdigest()
    failed = None
    if error or status in FAILURES:
        code = error.get("code", "")
        failed = {"category": category_of(context["provider"], status, code), "code": code}
        if error:
            failed["title"] = error["message"]
    return {
        "id": f"{said['event_id']}/{status}" if "event_id" in said else f"sha256:{digest}",
        "account": context["account"],
        "source": context["source"],
        "provider": context["provider"],
        "connection_id": said["connection_id"],
        "message_id": message_id,
        "status": status,
        "provider_status": status,
        "occurred_at_ms": theirs if trusted else received_at_ms,
        "time_source": "provider" if trusted else "received",
        "absurd_time": theirs is not None and not trusted,
        "old_time": old,
        "received_at_ms": received_at_ms,
        "recipient": said.get("to", ""),
        "recipient_kind": "phone" if "to" in said else "",
        "participant": said.get("participant", ""),
        "client_ref": said.get("client_ref", ""),
        "provider_event_id": said.get("event_id", ""),
        "aliases": [said["tracking_id"]] if "tracking_id" in said else [],
        "campaign": said.get("campaign", ""),
        "reason": said.get("reason", ""),
        "error": failed,
        "first_at": min(own_times) if is_message else None,
        "receipt_times": 1 << RANKS.index(status) if is_message and not trusted else None,
    }

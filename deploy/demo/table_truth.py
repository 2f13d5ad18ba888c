"""Pure: the truth as rows of the tables and views, and the difference between those and the rows found."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any, Final

from deploy.demo.difference import Difference, bare, fields_that_differ
from deploy.demo.match import Matched
from deploy.demo.observed import Observed
from deploy.demo.truth import History, Subject, Truth

Row = Mapping[str, Any]
Key = tuple[Any, ...]
Rows = Mapping[Key, Row]

_CONNECTION_STATUSES: Final = ("connected", "disconnected", "logout")


def true_rows(matched: Matched, truth: Truth, observed: Observed) -> dict[str, Rows]:
    """Return the rows that each of `read_tables.COMPARED` must find, by the fields in `KEYS`."""
    events = {True: {}, False: {}}  # type: dict[bool, dict[Key, Row]]
    for (subject, _), event in truth.events.items():
        raw = event["data"]["raw"]
        events[subject[2]][raw["partition"], raw["offset"]] = _event_row(event)
    messages = [history for subject, history in truth.histories.items() if subject[2]]
    connections = [history for subject, history in truth.histories.items() if not subject[2]]
    return {
        "webhook_raw": _raw_rows(matched),
        "webhook_request": {(request["request_id"],): _request_row(request) for request in observed.requests},
        "message_event": events[True],
        "connection_event": events[False],
        "webhook_set_aside": _set_aside_rows(matched, truth),
        "message": {(h.account, h.subject): _message_row(h) for h in merged(messages)},
        "connection_state": {(h.account, h.subject): _connection_row(h) for h in connections},
        "audit": _audit_rows(matched, truth, observed),
    }


KEYS: Final[Mapping[str, tuple[str, ...]]] = {
    "webhook_raw": ("log_partition", "log_offset"),
    "webhook_request": ("request_id",),
    "message_event": ("log_partition", "log_offset"),
    "connection_event": ("log_partition", "log_offset"),
    "webhook_set_aside": ("log_partition", "log_offset"),
    "message": ("account", "message_id"),
    "connection_state": ("account", "connection_id"),
    "audit": ("log_partition", "log_offset"),
}


def compare_rows(where: str, found: Iterable[Row], true: Rows, name_of: Callable[[Row], str]) -> Iterable[Difference]:
    """Yield every way in which the rows found differ from the true ones."""
    missing = dict(true)
    for row in found:
        key = tuple(row[field] for field in KEYS[where])
        wanted = missing.pop(key, None)
        if wanted is None:
            what = "is there twice" if key in true else f"is there, and the truth knows nothing of it: {dict(row)}"
            yield Difference(where, name_of(row), what[:400])
            continue
        wrong = fields_that_differ(bare(dict(row)), bare({**wanted, **dict(zip(KEYS[where], key, strict=True))}))
        if wrong:
            yield Difference(where, name_of(row), "; ".join(wrong))
    for key, row in missing.items():
        yield Difference(where, name_of({**row, **dict(zip(KEYS[where], key, strict=True))}), "is missing")


def merged(histories: Iterable[History]) -> list[History]:
    """Return one history a message: those of its other ids joined to the one that claims them as its aliases."""
    by_id: dict[Subject, History] = {(h.account, h.subject, True): h for h in histories}
    belongs: dict[Subject, Subject] = {}
    for key, history in by_id.items():
        for told in history.folded:
            alias = (history.account, told.said.tracking_id, True)
            if alias != key and alias in by_id:
                belongs[alias] = key
    groups: dict[Subject, list[History]] = defaultdict(list)
    for key, history in by_id.items():
        groups[belongs.get(key, key)].append(history)
    return [_joined(by_id[key], members) for key, members in groups.items()]


def _joined(main: History, members: list[History]) -> History:
    if len(members) == 1:
        return main
    folded = [told for member in members for told in member.folded]
    first = min((member.folded[0] for member in members), key=lambda told: told.record.at_ms)
    return replace(main, folded=[first, *(told for told in folded if told is not first)])


def _raw_rows(matched: Matched) -> Rows:
    records = [record for record, _, _ in matched.records] + [record for record, _ in matched.batches]
    return {
        record.at: {
            "at_ms": record.at_ms,
            "key": record.key.decode(),
            "request_id": record.request_id,
            "event_index": record.index,
            "kind": record.kind,
            "payload": record.value,
            "received_ms": record.received_at_ms,
            "source": record.source,
            "account": record.account,
        }
        for record in records
    }


def _request_row(request: Row) -> Row:
    names = ("status", "source", "account", "remote_address", "body_bytes", "sha256", "events", "stored", "refusal")
    return {"received_ms": request["received_at_ms"], **{name: request[name] for name in names}}


def _event_row(event: Row) -> Row:
    data = dict(event["data"])
    raw, error = data.pop("raw"), data.pop("error") or {}
    return {
        **data,
        "event_id": event["id"],
        "event_index": data.pop("index"),
        "raw_at_ms": raw["at_ms"],
        **{f"error_{name}": error.get(name) for name in ("category", "code", "title")},
        **({"receipt_times": data["receipt_times"] or 0} if data["message_id"] else {}),
    } | {"index": None}


def _set_aside_rows(matched: Matched, truth: Truth) -> Rows:
    rows: dict[Key, Row] = {}
    for record, _, _ in matched.records:
        outcome, event_id = truth.outcomes[record.at]
        if outcome not in ("advanced", "filled"):
            rows[record.at] = {
                "key": truth.keys[record.at].decode(),
                "outcome": outcome,
                "event_id": event_id,
                "request_id": record.request_id,
                "event_index": record.index,
                "source": record.source,
                "account": record.account,
                "received_ms": record.received_at_ms,
            }
    return rows


def _audit_rows(matched: Matched, truth: Truth, observed: Observed) -> Rows:
    answered = {request["request_id"]: request["status"] for request in observed.requests}
    rows: dict[Key, Row] = {}
    for record in [record for record, _, _ in matched.records] + [record for record, _ in matched.batches]:
        outcome, event_id = truth.outcomes.get(record.at, ("", ""))
        rows[record.at] = {
            "kind": record.kind,
            "http_status": answered.get(record.request_id, 0),
            "outcome": outcome,
            "event_id": event_id,
        }
    return rows


def _message_row(history: History) -> Row:
    state = history.state()
    failure = state.pop("failure") or {}
    times = state.pop("first_at_ms")
    received = {name: state.pop(f"{name}_received_ms") for name in ("first", "last")}
    return {
        **state,
        "receipt_times": state["receipt_times"] or 0,
        **{f"{status}_ms": at_ms for status, at_ms in times.items()},
        **{f"{name}_received_ms": at_ms for name, at_ms in received.items()},
        **{f"failure_{name}": failure.get(name) for name in ("status", "category", "code", "title")},
    }


def _connection_row(history: History) -> Row:
    state = history.state()
    del state["latest"]
    first, last = state.pop("first_at_ms"), state.pop("last_at_ms")
    times = {f"{status}_first_ms": first.get(status) for status in _CONNECTION_STATUSES}
    return {**state, **times, **{f"{status}_last_ms": last.get(status) for status in _CONNECTION_STATUSES}}

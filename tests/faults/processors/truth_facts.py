"""What the facts of a message or connection come to, event by event: the part of the truth that is folded."""

from typing import Any, Final

RANKS: Final = ("queued", "created", "sent", "error", "expired", "number_not_found", "delivered", "read")
CONNECTION_RANKS: Final = {"connected": 1, "disconnected": 2, "logout": 3}
FAILURES: Final = ("error", "expired", "number_not_found")

Document = dict[str, Any]


def new_state(event: Document, at_ms: int, *, is_message: bool) -> Document:
    state: Document = {"_": [-1, at_ms, []], "account": event["account"], "anchor_ms": at_ms, "first_at_ms": {}}
    if not is_message:
        never = [-1, 0, "", "", ""]
        return {**state, "connection_id": event["connection_id"], "latest": never, "last_at_ms": {}, "sources": []}
    received = event["received_at_ms"]
    return {
        **state,
        "message_id": event["message_id"],
        "seen": 0,
        "first_received_ms": received,
        "last_received_ms": received,
    }


def standing(state: Document) -> Any:
    return state["latest"] if "latest" in state else state.get("status")


def fold_message(state: Document, event: Document) -> None:
    status = event["status"]
    state["seen"] |= 1 << RANKS.index(status)
    seen = [name for i, name in enumerate(RANKS) if state["seen"] >> i & 1]
    state["status"] = seen[-1]
    _fold_times(state, event)
    state["first_received_ms"] = min(state["first_received_ms"], event["received_at_ms"])
    state["last_received_ms"] = max(state["last_received_ms"], event["received_at_ms"])
    for name in ("provider", "connection_id", "client_ref", "campaign"):
        if event[name] > state.get(name, ""):
            state[name] = event[name]
    recipient = (event["recipient"], event["recipient_kind"])
    if recipient > (state.get("recipient", ""), state.get("recipient_kind", "")):  # numbers alone are posted
        state["recipient"], state["recipient_kind"] = recipient
    state["sources"] = sorted({*state.get("sources", ()), event["source"]})[:16]
    aliases = sorted({*state.get("aliases", ()), *event["aliases"]})[:16]
    if aliases:
        state["aliases"] = aliases
    if status in FAILURES:
        failure = {"status": status, **event["error"]}
        state["failure"] = min((f for f in (state.get("failure"), failure) if f), key=_failure_order)
    failed = any(name in seen for name in FAILURES)
    state |= {flag: True for flag in ("conflict",) if failed and ("delivered" in seen or "read" in seen)}
    state.pop("delivered_inferred", None)
    if "read" in seen and "delivered" not in seen:
        state["delivered_inferred"] = True
    state |= {flag: True for flag in ("absurd_time", "old_time") if event[flag]}


def _fold_times(state: Document, event: Document) -> None:
    """Fold in the message's own time, and its status's first time: of two at one millisecond, that of receipt."""
    status, mask = event["status"], state.pop("receipt_times", 0)
    bit = 1 << RANKS.index(status)
    times = [(event["occurred_at_ms"], event["receipt_times"] is None)]
    if status in state["first_at_ms"]:
        times.append((state["first_at_ms"][status], mask & bit == 0))
    state["first_at_ms"][status], is_theirs = min(times)
    mask = mask & ~bit if is_theirs else mask | bit
    if mask:
        state["receipt_times"] = mask
    state["first_at"] = min(event["first_at"], state.get("first_at", event["first_at"]))


def _failure_order(failure: Document) -> tuple[int, str, str, str]:
    return (-RANKS.index(failure["status"]), failure["category"], failure["code"], failure.get("title", ""))


def fold_connection(state: Document, event: Document) -> None:
    status, at_ms = event["status"], event["occurred_at_ms"]
    report = [at_ms, CONNECTION_RANKS[status], event["id"], status, event["reason"]]
    if report[:3] > state["latest"][:3]:
        state |= {"latest": report, "status": status, "status_at_ms": at_ms, "reason": event["reason"]}
    state["first_at_ms"][status] = min(at_ms, state["first_at_ms"].get(status, at_ms))
    state["last_at_ms"][status] = max(at_ms, state["last_at_ms"].get(status, at_ms))
    if event["old_time"]:
        state["old_time"] = True
    state["provider"] = event["provider"]
    state["sources"] = sorted({*state["sources"], event["source"]})[:16]


def strip(state: Document) -> None:
    """Leave a forgotten message its statuses, times and sender, and what its failure was."""
    for name in ("recipient", "recipient_kind", "client_ref", "aliases"):
        state.pop(name, None)
    if "failure" in state:
        state["failure"] = {name: state["failure"][name] for name in ("status", "category", "code")}

"""Pure: the sums that the views over everything must show."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from deploy.demo.difference import Difference, bare, fields_that_differ
from deploy.demo.match import Matched
from deploy.demo.observed import Observed
from deploy.demo.said import RANKS
from deploy.demo.table_truth import merged
from deploy.demo.truth import Truth

Row = Mapping[str, Any]


def true_totals(matched: Matched, truth: Truth, observed: Observed) -> dict[str, list[Row]]:
    """Return the rows that the queries of `read_tables.TOTALS` must find; a view without an entry must be all zeros."""
    answers = Counter({request["request_id"]: request["status"] for request in observed.requests}.values())
    return {
        "funnel": [_funnel(truth)],
        "answers": [{"http_status": status, "requests": count} for status, count in sorted(answers.items())],
        "repeats": [_repeats(matched, truth)],
    }


def compare_totals(where: str, found: Iterable[Row], true: Sequence[Row]) -> Iterable[Difference]:
    """Yield how sums differ. Of a view that must show nothing wrong, every row with a count in it is a difference."""
    rows = sorted((dict(row) for row in found), key=str)
    if not true:
        for row in rows:
            wrong = {name: value for name, value in row.items() if name != "log_partition" and value}
            if wrong:
                yield Difference(where, str(row.get("message_id", row)), str(wrong))
        return
    for row, wanted in zip(rows, sorted(true, key=str), strict=False):
        for sentence in fields_that_differ(bare(row), bare(dict(wanted))):
            yield Difference(where, "totals", sentence)
    if len(rows) != len(true):
        yield Difference(where, "totals", f"has {len(rows)} rows, the truth has {len(true)}")


def _funnel(truth: Truth) -> Row:
    states = [history.state() for history in merged(h for subject, h in truth.histories.items() if subject[2])]
    seen = [set(state["first_at_ms"]) for state in states]
    delivered = [bool(statuses & {"delivered", "read"}) for statuses in seen]
    failed = [bool(statuses & {"error", "expired", "number_not_found"}) for statuses in seen]
    return {
        "messages": len(states),
        **{status: sum(status in statuses for statuses in seen) for status in RANKS},
        "delivered": sum(delivered),
        "failed": sum(f and not d for f, d in zip(failed, delivered, strict=True)),
        "open": sum(not f and not d for f, d in zip(failed, delivered, strict=True)),
        "conflict": sum(f and d for f, d in zip(failed, delivered, strict=True)),
        "delivered_inferred": sum("read" in statuses and "delivered" not in statuses for statuses in seen),
    }


def _repeats(matched: Matched, truth: Truth) -> Row:
    """Count what the provider sent again: a second copy of our own making is none."""
    repeated, first = set(), set()
    events: Counter[str] = Counter()
    for record, _, _ in matched.records:
        outcome, event_id = truth.outcomes[record.at]
        delivery = (record.request_id, record.index)
        if outcome == "repeat":
            repeated.add(delivery)
        elif event_id:
            first.add(delivery)
    for event in truth.events.values():
        events[event["data"]["outcome"]] += 1
    own_copies = len(repeated & first)
    return {
        "events": events.total(),
        "late": events["filled"],
        "repeats": len(repeated) - own_copies,
        "own_copies": own_copies,
    }

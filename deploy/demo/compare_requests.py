"""Pure: holds `webhook.requests` to the answers that were given."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from deploy.demo.attempts import Attempt, Range
from deploy.demo.difference import Difference
from deploy.demo.observed import Observed


def requests_told(attempts: Sequence[Attempt]) -> Range:
    """Return how many taken requests must be recorded: all, but for what a crash of ingest may have cost.

    A request is recorded after its answer, so whoever dies in between records nothing. An attempt without answer is
    the sign of a crash.
    """
    taken = sum(attempt.taken for attempt in attempts)
    return Range(0, len(attempts)) if any(attempt.uncertain for attempt in attempts) else Range(taken, taken)


def compare_requests(attempts: Sequence[Attempt], observed: Observed) -> Iterable[Difference]:
    """Yield where the requests recorded contradict the answers counted, by status."""
    by_id: dict[str, int] = {}
    values: dict[str, dict[str, Any]] = {}
    for request in observed.requests:
        request_id = request["request_id"]
        by_id[request_id] = request["status"]
        if values.setdefault(request_id, request) != request:
            yield Difference("webhook.requests", request_id, "is recorded with two values")
    found, given = Counter(by_id.values()), Counter(attempt.status for attempt in attempts if attempt.status)
    had_crashes = any(attempt.uncertain for attempt in attempts)
    for status, count in sorted(given.items()):
        if status < 400 and (found[status] > count if had_crashes else found[status] != count):  # noqa: PLR2004 - taken
            what = f"{found[status]} requests recorded as answered so, the truth is {count}"
            yield Difference("webhook.requests", str(status), what)
    recorded = {request["request_id"] for request in observed.requests if request["status"] < 400}  # noqa: PLR2004 - taken
    stored = {record.request_id for record in observed.raw}
    for request_id in sorted(recorded - stored):
        yield Difference("webhook.requests", request_id, "is recorded as taken, and the log holds nothing of it")

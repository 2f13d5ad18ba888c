"""What `recibo doctor` says of each source: its last hour, as the tables have it. Refused, not understood, silent.

Counted by what cannot be counted twice: requests by their id, events by (request id, index).
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from clickhouse_connect.driver.client import Client

from operations.finding import Finding

_REQUESTS: Final = """
    SELECT source, refusal, uniqExact(request_id), any(path) FROM {store}.webhook_request
    WHERE received_at >= now64(3) - INTERVAL 1 HOUR GROUP BY source, refusal"""
_OUTCOMES: Final = """
    SELECT source, is_unmapped, count(), any(reason)
    FROM
    (
        SELECT source, request_id, event_index, min(outcome = 'unmapped') AS is_unmapped, any(why) AS reason
        FROM
        (
            SELECT source, outcome, request_id, event_index, why FROM {store}.webhook_set_aside WHERE at >= now64(3) - INTERVAL 1 HOUR
            UNION ALL
            SELECT source, outcome, request_id, event_index, '' FROM {store}.message_event WHERE at >= now64(3) - INTERVAL 1 HOUR
            UNION ALL
            SELECT source, outcome, request_id, event_index, '' FROM {store}.connection_event WHERE at >= now64(3) - INTERVAL 1 HOUR
        )
        GROUP BY source, request_id, event_index
    )
    GROUP BY source, is_unmapped"""
"""What was learned and re-driven since is unmapped no more."""
_LAST: Final = """
    SELECT source, max(received_at), now64(3) FROM {store}.webhook_request
    WHERE refusal = '' AND at >= now64(3) - INTERVAL 8 DAY GROUP BY source"""
_MINUTE_S: Final = 60
_HOUR_S: Final = 3600
_REMEDIES: Final = {
    "unauthenticated": "`recibo source test {name}` says what is signed, and ingest's log what came instead",
    "too many failed attempts": "`recibo source test {name}` says what is signed, and ingest's log what came instead",
    "challenge refused": "give the provider the verify token that `recibo source show {name} --reveal` prints",
    "wrong content type": "add the type to `content_types` in [sources.{name}]",
    "wrong method": "the provider has to POST to the URL that `recibo source show {name}` prints",
    "unknown source": "the provider has to POST to the URL that `recibo source show {name}` prints, nothing behind it",
    "too large": "raise `body_bytes_max` in [sources.{name}.limits], or RECIBO_INGEST_BODY_BYTES_MAX",
    "too many requests": "raise `requests_per_second` in [sources.{name}.limits]",
}
_OTHERWISE: Final = "see ingest's log, and the view `recibo.answers`"


@dataclass(slots=True)
class Hour:
    """One source's last hour."""

    taken: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    """Why → requests."""
    understood: int = 0
    """Events with any outcome but unmapped."""
    unmapped: int = 0
    why_unmapped: str = ""
    silent_s: float | None = None
    """Since the last request that was taken; None where none is known of the last week."""


def hours(client: Client, store: str) -> tuple[dict[str, Hour], Counter[str]]:
    """Return (source → its last hour, path without a source → requests). Raises ClickHouseError."""
    found: dict[str, Hour] = {}
    nowhere: Counter[str] = Counter()
    for source, refusal, count, path in client.query(_REQUESTS.format(store=store)).result_rows:
        if not source:
            nowhere[str(path)] += count
        elif refusal:
            found.setdefault(source, Hour()).refused[refusal] += count
        else:
            found.setdefault(source, Hour()).taken += count
    for source, is_unmapped, count, why in client.query(_OUTCOMES.format(store=store)).result_rows:
        hour = found.setdefault(source, Hour())
        if is_unmapped:
            hour.unmapped, hour.why_unmapped = count, str(why)
        else:
            hour.understood = count
    for source, last, now in client.query(_LAST.format(store=store)).result_rows:
        found.setdefault(source, Hour()).silent_s = _seconds(last, now)
    return found, nowhere


def sources(names: Iterable[str], found: Mapping[str, Hour], nowhere: Mapping[str, int]) -> Iterator[Finding]:
    """Judge each source that is registered, and what came for none. Pure."""
    for name in names:
        yield from _of(name, found.get(name, Hour()))
    if nowhere:
        listed = ", ".join(f"{path} ({count})" for path, count in Counter(nowhere).most_common(3))
        text = f"in the last hour, requests came to URLs of no source: {listed}"
        yield Finding("warn", "sources", text, "correct the URL at the provider: `recibo source list` prints them")


def _of(name: str, hour: Hour) -> Iterator[Finding]:
    refused, all_requests = hour.refused.total(), hour.refused.total() + hour.taken
    if refused:
        why = ", ".join(f"{reason} {count}" for reason, count in hour.refused.most_common())
        text = f"{name}: {refused} of {all_requests} requests of the last hour were refused ({why})"
        remedies = [_REMEDIES.get(reason, _OTHERWISE).format(name=name) for reason, _ in hour.refused.most_common()]
        yield Finding("warn" if hour.taken else "fail", "source", text, "; ".join(dict.fromkeys(remedies)))
    if hour.unmapped:
        events = hour.unmapped + hour.understood
        text = f"{name}: {hour.unmapped} of {events} events of the last hour are not understood ({hour.why_unmapped})"
        yield Finding("warn" if hour.understood else "fail", "source", text, f"`recibo source learn {name}`")
    if refused or hour.unmapped:
        return
    if hour.taken:
        yield Finding("ok", "source", f"{name}: {hour.taken} requests in the last hour, all taken and understood")
    elif hour.silent_s is None:
        remedy = (
            f"give the provider the URL that `recibo source show {name}` prints; `recibo source test {name}` tries it"
        )
        yield Finding("warn", "source", f"{name}: nothing came yet", remedy)
    else:
        text = f"{name}: silent for {_span(hour.silent_s)}"
        yield Finding(
            "warn", "source", text, f"look at the provider whether it still posts; `recibo source test {name}`"
        )


def _span(seconds: float) -> str:
    if seconds < 2 * _HOUR_S:
        return f"{seconds / _MINUTE_S:.0f} min"
    return f"{seconds / _HOUR_S:.0f} h"


def _seconds(earlier: datetime, later: datetime) -> float:
    return (later - earlier).total_seconds()

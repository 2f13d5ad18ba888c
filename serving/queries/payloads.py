"""The bytes that providers posted, of some requests. It runs nothing."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Final

from msgspec import Meta

from serving.queries.statement import WITHIN, Reach, Statement, within

RequestId = Annotated[str, Meta(pattern="^[0-9a-f]{32}$")]
"""48 bits of milliseconds, then randomness (`ingest/request_id.py`)."""
REQUESTS_MAX: Final = 50
BYTES_MAX: Final = 32 * 1024 * 1024
_TIME_DIGITS: Final = 12
_BEFORE: Final = timedelta(days=1)
_AFTER: Final = timedelta(days=9)
"""A record is appended after its receipt, later by the spool's longest age at most; clocks differ."""
_LATEST_MS: Final = 4_102_444_800_000
"""2100-01-01: a made-up id may name a year that the engine has not."""

_SQL: Final = (
    "SELECT received_at, at, request_id, event_index, kind, source, account, provider, content_type, length(payload) AS bytes,"
    " isValidUTF8(payload) AS is_text, if(is_text, payload, base64Encode(payload)) AS body"
    " FROM {store}.payload(request_ids = {{request_ids:Array(String)}}, since = {{since:DateTime64(3, 'UTC')}},"
    " until = {{until:DateTime64(3, 'UTC')}}) WHERE {within} ORDER BY at, request_id, event_index LIMIT 1000"
)


def statement(reach: Reach, store: str, request_ids: list[str]) -> Statement:
    """Return the statement for what came with some requests."""
    times = [min(int(request_id[:_TIME_DIGITS], 16), _LATEST_MS) for request_id in request_ids] or [0]
    first, last = (datetime.fromtimestamp(ms / 1000, UTC) for ms in (min(times), max(times)))
    bound = {
        "request_ids": request_ids,
        "since": f"{max(first - _BEFORE, datetime(1970, 1, 1, tzinfo=UTC)):%Y-%m-%d %H:%M:%S}.000",
        "until": f"{last + _AFTER:%Y-%m-%d %H:%M:%S}.000",
        **within(reach.token),
    }
    return Statement(_SQL.format(store=store, within=WITHIN), bound, reach.role)

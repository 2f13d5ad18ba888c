"""Rows of many messages in every table, as the projector would have inserted them, made by the engine itself.

A message has two events, of which each is a request, a raw record and an event; one in ten is sent again by the provider.
Its state is inserted in three versions. Rows are spread evenly over DAYS days that end today.
"""

import os
from collections.abc import Iterator

from clickhouse_connect.driver.client import Client

from projections.clickhouse.migrate import migrate

STORE, VIEWS = "bench_big_store", "bench_big"
DAYS = int(os.environ.get("VIEW_DAYS", "60"))
_STEP = 500_000
_SETTINGS = "async_insert = 0, max_partitions_per_insert_block = 100, max_insert_threads = 1"

_WHO = "cityHash64(i) AS h, h % 20 = 0 AS failed, concat('wppm-', hex(h)) AS message_id, concat('conn-', toString(h % 20)) AS connection_id"
_WHEN = "toDateTime64(toStartOfDay(now('UTC')) - INTERVAL {days} DAY, 3, 'UTC') + toIntervalMillisecond(i * ({days} * 86400000 / {messages}))"
_NUMBER = "concat('55009', toString(h % 3000000 + 10000000))"
_REQUEST = "lower(hex(sipHash128(e)))"

_STATE = f"""
INSERT INTO {{store}}.message_state (anchor_day, account, message_id, anchor_at, last_event_at, seen, first_received_at,
    last_received_at, provider, sources, connection_id, recipient, client_ref, campaign, pricing, aliases, failure, absurd_time,
    queued_at, created_at, error_at, delivered_at) SETTINGS {_SETTINGS}
WITH {{first}} + number AS i, {_WHO}, {_WHEN} AS t
SELECT toDate(t), 'acme', message_id, t, t + 60, {{seen}}, t, t + h % 3600, 'wpp_marketing', ['wpp'],
    connection_id, ({_NUMBER}, 'phone'), concat('order-', toString(i)),
    concat('campaign-', toString(i % 40)), 'marketing', [],
    if(failed AND {{seen}} > 3, (-30, 'media', '131052', 'Media download error'), (0, '', '', '')), false,
    t, if({{seen}} >= 3, t + 1, NULL), if(failed AND {{seen}} > 3, t + 2, NULL), if(NOT failed AND {{seen}} > 3, t + 3 + h % 60, NULL)
FROM numbers({{count}})
"""
_SEEN = ("1", "3", "if(failed, 11, 67)")
_ALIAS = f"""
INSERT INTO {{store}}.message_alias (account, id, message_id, anchor_day) SETTINGS {_SETTINGS}
WITH {{first}} + number AS i, {_WHO}, {_WHEN} AS t
SELECT 'acme', message_id, message_id, toDate(t) FROM numbers({{count}})
"""
_EACH = f"WITH {{first}} + number AS e, intDiv(e, 2) AS i, e % 2 AS step, {_WHO}, {_WHEN} AS t, if(step = 0, 'created', if(failed, 'error', 'delivered')) AS status"
_EVENT = f"""
INSERT INTO {{store}}.message_event (at, generation, log_partition, log_offset, event_id, request_id, event_index, source, account,
    provider, connection_id, message_id, status, provider_status, outcome, occurred_at, time_source, received_at, recipient,
    recipient_kind, client_ref, campaign, error_category, error_code) SETTINGS {_SETTINGS}
{_EACH}
SELECT t + step, 1, e % 4, intDiv(e, 4), concat('evt-', hex(cityHash64(e))), {_REQUEST}, 0, 'wpp', 'acme', 'wpp_marketing',
    connection_id, message_id, status, status, if(h % 9 = 0 AND step = 1, 'filled', 'advanced'), if(step = 0, t + 1, t + if(failed, 2, 3 + h % 60)), 'provider', t + 70 + h % 30,
    {_NUMBER}, 'phone', concat('order-', toString(i)), concat('campaign-', toString(i % 40)),
    if(status = 'error', 'media', ''), if(status = 'error', '131052', '')
FROM numbers({{count}})
"""
_RAW = f"""
INSERT INTO {{store}}.webhook_raw (at, log_partition, log_offset, key, request_id, event_index, kind, received_at, source, account,
    provider, content_type, selected, split_version, payload) SETTINGS {_SETTINGS}
{_EACH}
SELECT t + step, e % 4, intDiv(e, 4), concat('acme/', message_id), {_REQUEST}, 0, 'single', t + 70 + h % 30, 'wpp', 'acme',
    'wpp_marketing', 'application/json', ['*'], 1,
    concat('{{{{"event":"', status, '","id":"evt-', hex(cityHash64(e)), '","message_id":"', message_id, '","to":"', {_NUMBER}, '"}}}}')
FROM numbers({{count}})
"""
_HTTP = f"""
INSERT INTO {{store}}.webhook_request (at, log_partition, log_offset, request_id, received_at, answered_at, method, path, source,
    account, provider, remote_address, status, duration_us, body_bytes, sha256, events, stored) SETTINGS {_SETTINGS}
{_EACH}
SELECT t + step + 0.01, e % 4, intDiv(e, 4), {_REQUEST}, t + 70 + h % 30, t + 71 + h % 30, 'POST', '/v1/webhooks/wpp', 'wpp', 'acme',
    'wpp_marketing', '10.0.0.9', 204, 900 + h % 4000, 180, hex(SHA256(toString(e))), 1, 'log'
FROM numbers({{count}})
"""
_AGAIN = f"""
INSERT INTO {{store}}.webhook_set_aside (at, generation, log_partition, log_offset, key, outcome, why, source, account, provider,
    request_id, event_index, received_at, event_id) SETTINGS {_SETTINGS}
{_EACH}
SELECT t + 5, 1, e % 4, {{messages}} + intDiv(e, 4), concat('acme/', message_id), 'repeat', 'event id known', 'wpp', 'acme',
    'wpp_marketing', {_REQUEST.replace("(e)", "(-e - 1)")}, 0, t + 80, concat('evt-', hex(cityHash64(e)))
FROM numbers({{count}}) WHERE h % 10 = 0 AND step = 1
"""
_CONNECTIONS = """
INSERT INTO {store}.connection_event (at, generation, log_partition, log_offset, event_id, source, account, provider, connection_id,
    status, outcome, occurred_at, time_source, received_at)
SELECT now64(3) - toIntervalHour(number), 1, 0, 1000000000 + number, toString(number), 'wpp', 'acme', 'wpp_marketing',
    concat('conn-', toString(number % 20)), ['connected', 'logout'][number % 2 + 1], 'advanced', at, 'provider', at
FROM numbers(24 * {days})
"""


def fill(client: Client, messages: int) -> None:
    """Make the rows of `messages` messages, unless the tables hold them already."""
    migrate(client, STORE, views_database=VIEWS)
    have = int(client.command(f"SELECT count() FROM {STORE}.connection_event"))  # type: ignore[arg-type]
    if have:
        return
    for first in range(0, messages, _STEP):
        for statement in _statements(messages, first, min(_STEP, messages - first)):
            client.command(statement)
        print(f"filled {first + _STEP} of {messages} messages", flush=True)
    client.command(_CONNECTIONS.format(store=STORE, days=DAYS))
    client.command(f"SYSTEM REFRESH VIEW {STORE}.funnel_slot")
    client.command(f"SYSTEM WAIT VIEW {STORE}.funnel_slot")


def arrive(messages: int, number: int, count: int) -> Iterator[str]:
    """Return the inserts of `count` more events, of messages of the last hours."""
    first = messages - (number + count) % (messages // 20)
    yield _format(_STATE, messages, first, count, _SEEN[1])
    for statement in (_EVENT, _RAW, _HTTP):
        yield _format(statement, messages, 2 * first, count)


def _statements(messages: int, first: int, count: int) -> Iterator[str]:
    for seen in _SEEN:
        yield _format(_STATE, messages, first, count, seen)
    yield _format(_ALIAS, messages, first, count)
    for statement in (_EVENT, _RAW, _HTTP, _AGAIN):
        yield _format(statement, messages, 2 * first, 2 * count)


def _format(statement: str, messages: int, first: int, count: int, seen: str = "") -> str:
    return statement.format(store=STORE, days=DAYS, messages=messages, first=first, count=count, seen=seen)

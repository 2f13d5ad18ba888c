-- One row an account, provider, pair of statuses and day: how long messages took from one status to the other, of those
-- whose both times are known. Where the later status has the earlier time the providers' clocks disagree: counted apart.
-- Parameters: time_zone (IANA name), since and until (days in that zone, both included).
-- Example: SELECT * FROM recibo.latencies(time_zone = 'UTC', since = '2026-03-01', until = '2026-03-07')
CREATE OR REPLACE VIEW ${views}.latencies AS
SELECT
    toDate(anchor_at, {time_zone:String}) AS day,
    account,
    provider,
    pair.1 AS from_status,
    pair.2 AS to_status,
    countIf(pair.3 >= 0) AS messages,
    countIf(pair.3 < 0) AS clock_skewed,
    quantileExactOrNullIf(0.5)(pair.3, pair.3 >= 0) AS p50_ms,
    quantileExactOrNullIf(0.95)(pair.3, pair.3 >= 0) AS p95_ms,
    quantileExactOrNullIf(0.99)(pair.3, pair.3 >= 0) AS p99_ms
FROM ${store}.message
ARRAY JOIN arrayFilter(p -> p.3 IS NOT NULL, [
    ('queued', 'created', dateDiff('millisecond', queued_at, created_at)),
    ('queued', 'sent', dateDiff('millisecond', queued_at, sent_at)),
    ('queued', 'delivered', dateDiff('millisecond', queued_at, delivered_at)),
    ('created', 'sent', dateDiff('millisecond', created_at, sent_at)),
    ('created', 'delivered', dateDiff('millisecond', created_at, delivered_at)),
    ('sent', 'delivered', dateDiff('millisecond', sent_at, delivered_at)),
    ('delivered', 'read', dateDiff('millisecond', delivered_at, read_at))]) AS pair
WHERE anchor_day BETWEEN {since:Date} - 1 AND {until:Date} + 1 AND day BETWEEN {since:Date} AND {until:Date}
GROUP BY day, account, provider, from_status, to_status

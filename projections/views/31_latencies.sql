-- One row an account, provider, pair of statuses and day: how long messages took from one to the other.
-- Only pairs of which both times are known; those where the later status has the earlier time (the providers' clocks
-- disagree) are counted apart, in clock_skewed.
-- Parameters: time_zone (IANA), since and until (days in that zone, both included).
CREATE OR REPLACE VIEW ${views}.latencies AS
SELECT
    toDate(anchor_at, {time_zone:String}) AS day,
    account,
    provider,
    pair.1 AS from_status,
    pair.2 AS to_status,
    countIf(ms >= 0) AS messages,
    countIf(ms < 0) AS clock_skewed,
    quantilesExactIf(0.5, 0.95, 0.99)(ms, ms >= 0) AS exact_ms,
    if(messages = 0, NULL, exact_ms[1]) AS p50_ms,
    if(messages = 0, NULL, exact_ms[2]) AS p95_ms,
    if(messages = 0, NULL, exact_ms[3]) AS p99_ms
FROM
(
    SELECT
        anchor_at, account, provider,
        arrayJoin([
            ('queued', 'created', dateDiff('millisecond', queued_at, created_at)),
            ('queued', 'sent', dateDiff('millisecond', queued_at, sent_at)),
            ('created', 'sent', dateDiff('millisecond', created_at, sent_at)),
            ('created', 'delivered', dateDiff('millisecond', created_at, delivered_at)),
            ('sent', 'delivered', dateDiff('millisecond', sent_at, delivered_at)),
            ('queued', 'delivered', dateDiff('millisecond', queued_at, delivered_at)),
            ('delivered', 'read', dateDiff('millisecond', delivered_at, read_at))]) AS pair,
        pair.3 AS ms
    FROM ${views}.messages
    WHERE anchor_day BETWEEN {since:Date} - 1 AND {until:Date} + 1
        AND toDate(anchor_at, {time_zone:String}) BETWEEN {since:Date} AND {until:Date}
)
WHERE ms IS NOT NULL
GROUP BY day, account, provider, from_status, to_status

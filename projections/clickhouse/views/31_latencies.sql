-- One row an account, provider, pair of statuses and day (of the message's own time first_at): how long messages took from
-- one status to the other, of those whose both times are the provider's. Where the later status has the earlier time the
-- provider's clocks disagree: counted apart; and so are those that have only our time of receipt for one of the two.
-- Parameters: time_zone (IANA name), since and until (days in that zone, both included).
-- Example: SELECT * FROM recibo.latencies(time_zone = 'UTC', since = '2026-03-01', until = '2026-03-07')
CREATE OR REPLACE VIEW ${views}.latencies AS
SELECT
    toDate(m.first_at, {time_zone:String}) AS day,
    account,
    provider,
    tupleElement(pair, 1) AS from_status,
    tupleElement(pair, 2) AS to_status,
    countIf(took_ms >= 0 AND is_told) AS messages,
    countIf(took_ms < 0 AND is_told) AS clock_skewed,
    quantileExactOrNullIf(0.5)(took_ms, took_ms >= 0 AND is_told) AS p50_ms,
    quantileExactOrNullIf(0.95)(took_ms, took_ms >= 0 AND is_told) AS p95_ms,
    quantileExactOrNullIf(0.99)(took_ms, took_ms >= 0 AND is_told) AS p99_ms,
    countIf(NOT is_told) AS without_provider_time
FROM
(
    SELECT first_at, account, provider, pair, assumeNotNull(tupleElement(pair, 4)) AS took_ms,
        bitAnd(receipt_times, tupleElement(pair, 3)) = 0 AS is_told
    FROM ${store}.message_near(since = {since:Date}, until = {until:Date})
    ARRAY JOIN arrayFilter(p -> tupleElement(p, 4) IS NOT NULL, [
        ('queued', 'created', ${bits(queued created)}, dateDiff('millisecond', queued_at, created_at)),
        ('queued', 'sent', ${bits(queued sent)}, dateDiff('millisecond', queued_at, sent_at)),
        ('queued', 'delivered', ${bits(queued delivered)}, dateDiff('millisecond', queued_at, delivered_at)),
        ('created', 'sent', ${bits(created sent)}, dateDiff('millisecond', created_at, sent_at)),
        ('created', 'delivered', ${bits(created delivered)}, dateDiff('millisecond', created_at, delivered_at)),
        ('sent', 'delivered', ${bits(sent delivered)}, dateDiff('millisecond', sent_at, delivered_at)),
        ('delivered', 'read', ${bits(delivered read)}, dateDiff('millisecond', delivered_at, read_at))]) AS pair
) AS m
WHERE day BETWEEN {since:Date} AND {until:Date}
GROUP BY day, account, provider, from_status, to_status

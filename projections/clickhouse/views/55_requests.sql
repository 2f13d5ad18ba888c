-- One row an HTTP request, those that were refused among them (sampled above a rate). A second copy of a request's record is
-- our own doing and is left out. Parameters: time_zone (IANA name), since and until (days of receipt in that zone, both included).
-- Example: SELECT received_at, source, http_status, refusal FROM recibo.requests(time_zone = 'UTC', since = '2026-03-01', until = '2026-03-01') WHERE refusal != ''
CREATE OR REPLACE VIEW ${views}.requests AS
SELECT
    toDate(received_at, {time_zone:String}) AS day,
    received_at,
    request_id,
    any(r.answered_at) AS answered_at,
    assumeNotNull(any(r.status)) AS http_status,
    assumeNotNull(any(r.refusal)) AS refusal,
    assumeNotNull(any(r.stored)) AS stored,
    assumeNotNull(any(r.method)) AS method,
    assumeNotNull(any(r.source)) AS source,
    assumeNotNull(any(r.account)) AS account,
    assumeNotNull(any(r.provider)) AS provider,
    assumeNotNull(any(r.duration_us)) AS duration_us,
    assumeNotNull(any(r.body_bytes)) AS body_bytes,
    assumeNotNull(any(r.events)) AS events
FROM ${store}.webhook_request AS r
WHERE r.at >= toDateTime({since:Date} - 1, 'UTC') AND r.received_at >= toDateTime({since:Date} - 1, 'UTC')
    AND r.received_at < toDateTime({until:Date} + 2, 'UTC')
    AND toDate(r.received_at, {time_zone:String}) BETWEEN {since:Date} AND {until:Date}
GROUP BY received_at, request_id

-- One row a source, HTTP status and hour (of receipt): requests, and how fast they were answered. Filter by hour.
-- Example: SELECT * FROM recibo.answers WHERE hour >= now() - INTERVAL 1 DAY AND http_status >= 400
CREATE OR REPLACE VIEW ${views}.answers AS
SELECT
    toStartOfHour(received_at) AS hour, account, source, status AS http_status, refusal, stored,
    count() AS requests,
    assumeNotNull(sum(body_bytes)) AS bytes,
    assumeNotNull(quantileExact(0.5)(duration_us)) AS p50_us,
    assumeNotNull(quantileExact(0.99)(duration_us)) AS p99_us
FROM
(
    -- A second copy of a request's record is our own doing (the spool): one request all the same.
    SELECT * FROM ${store}.webhook_request ORDER BY request_id LIMIT 1 BY received_at, request_id
)
GROUP BY hour, account, source, http_status, refusal, stored

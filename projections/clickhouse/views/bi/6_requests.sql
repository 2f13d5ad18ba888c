-- One row a day of our record of it, account, source, HTTP status and refusal: records of requests, and how fast they were answered. Filter by day.
CREATE OR REPLACE VIEW ${bi}.requests AS
SELECT toDate(at, '${time_zone}') AS day, account, source, status AS http_status, refusal,
    uniqExact(request_id) AS requests, assumeNotNull(quantileExact(0.5)(duration_us)) AS p50_us, assumeNotNull(quantileExact(0.99)(duration_us)) AS p99_us
FROM ${store}.webhook_request
GROUP BY day, account, source, http_status, refusal

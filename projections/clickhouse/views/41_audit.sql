-- One row a record of the raw log: its payload and dates, the HTTP status its request was answered, what became of it.
-- Filter by at (append time). outcome is empty until the record is processed, and always for kind batch.
-- Example: SELECT * FROM recibo.audit WHERE at >= now() - INTERVAL 1 HOUR AND outcome = 'unmapped'
CREATE OR REPLACE VIEW ${views}.audit AS
SELECT
    raw.at AS at,
    raw.log_partition AS log_partition,
    raw.log_offset AS log_offset,
    raw.kind AS kind,
    raw.request_id AS request_id,
    raw.event_index AS event_index,
    raw.received_at AS received_at,
    request.answered_at AS answered_at,
    request.status AS http_status,
    request.duration_us AS duration_us,
    raw.source AS source,
    raw.account AS account,
    raw.provider AS provider,
    raw.key AS key,
    outcome.outcome AS outcome,
    outcome.status AS status,
    outcome.event_id AS event_id,
    outcome.why AS why,
    ${digits(raw.payload)} AS payload
FROM (SELECT * FROM ${store}.webhook_raw FINAL) AS raw
LEFT JOIN ${views}.outcomes AS outcome
    ON outcome.at = raw.at AND outcome.log_partition = raw.log_partition AND outcome.log_offset = raw.log_offset
LEFT JOIN
(
    SELECT received_at, request_id, any(r.answered_at) AS answered_at, any(r.status) AS status, any(r.duration_us) AS duration_us
    FROM ${store}.webhook_request AS r
    GROUP BY received_at, request_id
) AS request
    ON request.received_at = raw.received_at AND request.request_id = raw.request_id

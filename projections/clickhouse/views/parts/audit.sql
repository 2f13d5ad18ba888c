-- A request is received before its records are appended, however long these waited in a spool, and its own record may be written before or after them.
SELECT
    raw.at AS at,
    raw.log_partition AS log_partition,
    raw.log_offset AS log_offset,
    raw.kind AS kind,
    raw.request_id AS request_id,
    raw.event_index AS event_index,
    raw.received_at AS received_at,
    request.answered_at AS answered_at,
    ifNull(request.http_status, 0) AS http_status,
    ifNull(request.took_us, 0) AS duration_us,
    raw.source AS source,
    raw.account AS account,
    raw.provider AS provider,
    raw.key AS key,
    toLowCardinality(ifNull(outcome.outcome, '')) AS outcome,
    toLowCardinality(ifNull(outcome.status, '')) AS status,
    ifNull(outcome.event_id, '') AS event_id,
    ifNull(outcome.why, '') AS why,
    ${content(raw.payload)} AS payload
FROM (SELECT * FROM ${store}.webhook_raw FINAL ${bound}) AS raw
LEFT ALL JOIN (SELECT * FROM ${views}.outcomes ${bound}) AS outcome
    ON outcome.at = raw.at AND outcome.log_partition = raw.log_partition AND outcome.log_offset = raw.log_offset
${request}

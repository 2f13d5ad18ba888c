-- A filter by append time reaches the keys: of all requests no more than theirs are kept in memory.
LEFT ALL JOIN
(
    SELECT appended.at AS at, appended.log_partition AS log_partition, appended.log_offset AS log_offset,
        any(answer.answered_at) AS answered_at, any(answer.status) AS http_status, any(answer.duration_us) AS took_us
    FROM ${store}.webhook_request AS answer
    INNER ALL JOIN (SELECT at, log_partition, log_offset, received_at, request_id FROM ${store}.webhook_raw) AS appended
        ON appended.received_at = answer.received_at AND appended.request_id = answer.request_id
    GROUP BY appended.at, appended.log_partition, appended.log_offset
) AS request
    ON request.at = raw.at AND request.log_partition = raw.log_partition AND request.log_offset = raw.log_offset

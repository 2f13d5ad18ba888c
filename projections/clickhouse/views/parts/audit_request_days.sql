LEFT ALL JOIN
(
    SELECT received_at, request_id, any(r.answered_at) AS answered_at, any(r.status) AS http_status, any(r.duration_us) AS took_us
    FROM ${store}.webhook_request AS r
    ${request_bound}
    GROUP BY received_at, request_id
) AS request
    ON request.received_at = raw.received_at AND request.request_id = raw.request_id

SELECT DISTINCT request_id, toUnixTimestamp64Milli(received_at) AS received_ms, status, source, account, remote_address, body_bytes,
    sha256, events, stored, refusal
FROM ${store}.webhook_request FINAL
WHERE ${request}

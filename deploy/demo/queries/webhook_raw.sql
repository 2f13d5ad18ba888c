SELECT log_partition, log_offset, toUnixTimestamp64Milli(at) AS at_ms, key, request_id, event_index, kind, payload,
    toUnixTimestamp64Milli(received_at) AS received_ms, source, account
FROM ${store}.webhook_raw FINAL
WHERE ${raw}

SELECT log_partition, log_offset, key, outcome, event_id, request_id, event_index, source, account,
    toUnixTimestamp64Milli(received_at) AS received_ms
FROM ${store}.webhook_set_aside FINAL
WHERE ${coordinate}

SELECT log_partition, log_offset, toUnixTimestamp64Milli(at) AS raw_at_ms, event_id, request_id, event_index, source, account,
    provider, connection_id, status, provider_status, outcome, time_source, absurd_time, provider_event_id, reason, old_time,
    toUnixTimestamp64Milli(occurred_at) AS occurred_at_ms, toUnixTimestamp64Milli(received_at) AS received_at_ms
FROM ${store}.connection_event FINAL
WHERE ${coordinate}

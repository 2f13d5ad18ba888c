SELECT log_partition, log_offset, toUnixTimestamp64Milli(at) AS raw_at_ms, event_id, request_id, event_index, source, account,
    provider, connection_id, message_id, status, provider_status, outcome, time_source, absurd_time, provider_event_id,
    toUnixTimestamp64Milli(occurred_at) AS occurred_at_ms, toUnixTimestamp64Milli(received_at) AS received_at_ms,
    recipient, recipient_kind, arrayMap(one -> [one.1, one.2], identities) AS identities, participant, client_ref, aliases,
    campaign, error_category, error_code, error_title, old_time, receipt_times, toUnixTimestamp64Milli(first_at) AS first_at
FROM ${store}.message_event FINAL
WHERE ${coordinate}

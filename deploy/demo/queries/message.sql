SELECT account, message_id, status, seen, toBool(conflict) AS conflict,
    toBool(delivered_inferred) AS delivered_inferred, provider, sources, connection_id, recipient,
    recipient_kind, arrayMap(one -> [one.1, one.2], identities) AS identities,
    client_ref, campaign, aliases, failure_status, failure_category, failure_code, failure_title,
    absurd_time, toBool(old_time) AS old_time, receipt_times,
    toUnixTimestamp64Milli(first_at) AS first_at,
    toUnixTimestamp64Milli(anchor_at) AS anchor_ms,
    toUnixTimestamp64Milli(first_received_at) AS first_received_ms,
    toUnixTimestamp64Milli(last_received_at) AS last_received_ms,
    toUnixTimestamp64Milli(queued_at) AS queued_ms,
    toUnixTimestamp64Milli(created_at) AS created_ms,
    toUnixTimestamp64Milli(sent_at) AS sent_ms,
    toUnixTimestamp64Milli(error_at) AS error_ms,
    toUnixTimestamp64Milli(expired_at) AS expired_ms,
    toUnixTimestamp64Milli(number_not_found_at) AS number_not_found_ms,
    toUnixTimestamp64Milli(delivered_at) AS delivered_ms,
    toUnixTimestamp64Milli(read_at) AS read_ms
FROM ${store}.message
WHERE startsWith(message_id, ${run})

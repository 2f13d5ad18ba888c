SELECT account, connection_id, latest.status AS status, latest.reason AS reason, provider, arraySort(s.sources) AS sources,
    toUnixTimestamp64Milli(latest.at) AS status_at_ms,
    toUnixTimestamp64Milli(anchor_at) AS anchor_ms,
    toUnixTimestamp64Milli(connected_first_at) AS connected_first_ms,
    toUnixTimestamp64Milli(connected_last_at) AS connected_last_ms,
    toUnixTimestamp64Milli(disconnected_first_at) AS disconnected_first_ms,
    toUnixTimestamp64Milli(disconnected_last_at) AS disconnected_last_ms,
    toUnixTimestamp64Milli(logout_first_at) AS logout_first_ms,
    toUnixTimestamp64Milli(logout_last_at) AS logout_last_ms
FROM recibo_store.connection_state AS s FINAL
WHERE startsWith(connection_id, ${run})

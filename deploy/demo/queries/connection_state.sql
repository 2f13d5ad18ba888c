-- The tuple is folded inside and taken apart outside: under FINAL the engine takes one part's value of a subcolumn.
SELECT account, connection_id, report.status AS status, report.reason AS reason, provider, sources, old_time,
    toUnixTimestamp64Milli(report.at) AS status_at_ms,
    anchor_ms, connected_first_ms, connected_last_ms, disconnected_first_ms, disconnected_last_ms, logout_first_ms, logout_last_ms
FROM (
    SELECT account, connection_id, max(latest) AS report, max(s.provider) AS provider,
        arraySort(groupUniqArrayArray(s.sources)) AS sources, max(s.old_time) AS old_time,
        toUnixTimestamp64Milli(min(anchor_at)) AS anchor_ms,
        toUnixTimestamp64Milli(min(connected_first_at)) AS connected_first_ms,
        toUnixTimestamp64Milli(max(connected_last_at)) AS connected_last_ms,
        toUnixTimestamp64Milli(min(disconnected_first_at)) AS disconnected_first_ms,
        toUnixTimestamp64Milli(max(disconnected_last_at)) AS disconnected_last_ms,
        toUnixTimestamp64Milli(min(logout_first_at)) AS logout_first_ms,
        toUnixTimestamp64Milli(max(logout_last_at)) AS logout_last_ms
    FROM ${store}.connection_state AS s
    WHERE startsWith(connection_id, ${run})
    GROUP BY anchor_day, account, connection_id
)

-- One row a table and partition of its topic: how far its rows have come, and how long ago. What a topic's partition has brought
-- nothing for in the last 8 days is not listed. Of the rollup, when it was counted last; of set_aside, the newest record
-- that could not become a row.
-- Example: SELECT what, max(seconds_ago) FROM recibo.freshness GROUP BY what
CREATE OR REPLACE VIEW ${views}.freshness AS
SELECT what, log_partition, newest_at, newest_offset, dateDiff('second', newest_at, now64(3, 'UTC')) AS seconds_ago
FROM
(
    SELECT 'webhook.raw' AS what, toInt32(log_partition) AS log_partition, assumeNotNull(max(t.at)) AS newest_at, assumeNotNull(max(t.log_offset)) AS newest_offset
    FROM ${store}.webhook_raw AS t WHERE at >= now() - INTERVAL 8 DAY GROUP BY log_partition
    UNION ALL
    SELECT 'webhook.requests', toInt32(log_partition) AS log_partition, assumeNotNull(max(t.at)), assumeNotNull(max(t.log_offset))
    FROM ${store}.webhook_request AS t WHERE at >= now() - INTERVAL 8 DAY GROUP BY log_partition
    UNION ALL
    SELECT 'outcomes', toInt32(log_partition) AS log_partition, assumeNotNull(max(t.at)), assumeNotNull(max(t.log_offset))
    FROM ${views}.outcomes AS t WHERE at >= now() - INTERVAL 8 DAY GROUP BY log_partition
    UNION ALL
    SELECT 'message.state', -1, assumeNotNull(max(t.last_event_at)) AS newest_at, 0
    FROM ${store}.message_state AS t WHERE anchor_day >= today() - 60 HAVING newest_at > toDateTime64(0, 3, 'UTC')
    UNION ALL
    SELECT 'connection.state', -1, assumeNotNull(max(t.last_event_at)) AS newest_at, 0
    FROM ${store}.connection_state AS t HAVING newest_at > toDateTime64(0, 3, 'UTC')
    UNION ALL
    SELECT 'rollup', -1, assumeNotNull(max(t.refreshed_at)) AS newest_at, 0
    FROM ${store}.message_slot AS t HAVING newest_at > toDateTime64(0, 3, 'UTC')
    UNION ALL
    SELECT 'set_aside', toInt32(log_partition) AS log_partition, assumeNotNull(max(t.at)), assumeNotNull(max(t.log_offset))
    FROM ${store}.projection_set_aside AS t GROUP BY log_partition
)

SELECT uniqExact(log_partition, log_offset)
FROM
(
    SELECT log_partition, log_offset FROM ${store}.message_event WHERE ${coordinate}
    UNION ALL SELECT log_partition, log_offset FROM ${store}.connection_event WHERE ${coordinate}
    UNION ALL SELECT log_partition, log_offset FROM ${store}.webhook_set_aside WHERE ${coordinate}
)

SELECT uniqExact(log_partition, log_offset)
FROM
(
    SELECT log_partition, log_offset FROM recibo_store.message_event WHERE ${coordinate}
    UNION ALL SELECT log_partition, log_offset FROM recibo_store.connection_event WHERE ${coordinate}
    UNION ALL SELECT log_partition, log_offset FROM recibo_store.webhook_set_aside WHERE ${coordinate}
)

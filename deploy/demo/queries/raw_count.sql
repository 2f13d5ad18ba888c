SELECT uniqExact(log_partition, log_offset) FROM recibo_store.webhook_raw WHERE kind != 'batch' AND ${raw}

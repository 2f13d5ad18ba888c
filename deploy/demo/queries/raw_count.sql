SELECT uniqExact(log_partition, log_offset) FROM ${store}.webhook_raw WHERE kind != 'batch' AND ${raw}

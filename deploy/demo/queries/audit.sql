SELECT log_partition, log_offset, kind, http_status, outcome, event_id
FROM ${views}.audit
WHERE ${audited}

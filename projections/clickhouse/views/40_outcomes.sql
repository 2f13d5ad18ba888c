-- One row a raw record that the processors have finished with: what became of it. Filter by at (append time).
-- Example: SELECT outcome, count() FROM recibo.outcomes WHERE at >= now() - INTERVAL 1 DAY GROUP BY outcome
CREATE OR REPLACE VIEW ${views}.outcomes AS
SELECT at, log_partition, log_offset, generation, outcome, event_id, source, account, provider, request_id, event_index,
    received_at, message_id AS subject, status, '' AS why
FROM ${store}.message_event FINAL
UNION ALL
SELECT at, log_partition, log_offset, generation, outcome, event_id, source, account, provider, request_id, event_index,
    received_at, connection_id AS subject, status, '' AS why
FROM ${store}.connection_event FINAL
UNION ALL
SELECT at, log_partition, log_offset, generation, outcome, event_id, source, account, provider, request_id, event_index,
    received_at, ${subject(key)} AS subject, kind AS status, ${digits(s.why)} AS why
FROM ${store}.webhook_set_aside AS s FINAL

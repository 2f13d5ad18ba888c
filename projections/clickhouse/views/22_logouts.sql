-- One row a logout or disconnection reported. Filter by at.
-- Example: SELECT * FROM recibo.logouts WHERE at >= now() - INTERVAL 1 DAY ORDER BY occurred_at DESC
CREATE OR REPLACE VIEW ${views}.logouts AS
SELECT at, account, connection_id, source, provider, status, occurred_at, received_at, reason, event_id
FROM ${store}.connection_event FINAL
WHERE status != 'connected'

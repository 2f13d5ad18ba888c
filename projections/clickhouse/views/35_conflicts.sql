-- One row a message of which both a failure and a delivery were reported. failed_at is the time of failure_status. Filter by anchor_day.
-- Example: SELECT * FROM recibo.conflicts WHERE anchor_day >= today() - 7
CREATE OR REPLACE VIEW ${views}.conflicts AS
SELECT account, message_id, anchor_day, anchor_at, status, failure_status, failure_category, failure_code,
    failed_at, delivered_at, read_at, provider, connection_id, campaign, client_ref, first_at
FROM ${store}.message
WHERE conflict

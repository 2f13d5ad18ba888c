-- One row a message of which both a failure and a delivery were reported. Filter by anchor_day.
-- Example: SELECT * FROM recibo.conflicts WHERE anchor_day >= today() - 7
CREATE OR REPLACE VIEW ${views}.conflicts AS
SELECT account, message_id, anchor_day, anchor_at, status, failure_status, failure_category, failure_code,
    coalesce(error_at, expired_at, number_not_found_at) AS failed_at, delivered_at, read_at, provider, connection_id, campaign, client_ref
FROM ${store}.message
WHERE conflict

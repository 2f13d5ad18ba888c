-- One row a message that was read although no delivery was reported (the views count it as delivered). Filter by anchor_day.
-- Example: SELECT provider, count() FROM recibo.read_without_delivered WHERE anchor_day >= today() - 7 GROUP BY provider
CREATE OR REPLACE VIEW ${views}.read_without_delivered AS
SELECT account, message_id, anchor_day, anchor_at, read_at, provider, connection_id, campaign, client_ref, first_at
FROM ${store}.message
WHERE delivered_inferred

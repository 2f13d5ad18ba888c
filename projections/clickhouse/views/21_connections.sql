-- One row a connection (a WhatsApp number or session): its status by the latest report, and when each status came.
-- Example: SELECT connection_id, status_at, reason FROM recibo.connections WHERE status = 'logout'
CREATE OR REPLACE VIEW ${views}.connections AS
SELECT * EXCEPT (report) FROM ${store}.connection

-- One row a logout or disconnection, with the messages of its connection that were in flight then: received in the seven
-- days before it, and neither delivered nor failed by then. Parameters: since and until (UTC days of the logout, both
-- included).
-- Example: SELECT * FROM recibo.logout_in_flight(since = '2026-03-01', until = '2026-03-07') ORDER BY in_flight DESC
CREATE OR REPLACE VIEW ${views}.logout_in_flight AS
SELECT
    l.account AS account,
    l.connection_id AS connection_id,
    l.status AS status,
    l.reason AS reason,
    l.occurred_at AS occurred_at,
    l.event_id AS event_id,
    countIf(m.message_id != '') AS in_flight
FROM (
    SELECT * FROM ${store}.connection_event FINAL
    WHERE status != 'connected' AND toDate(at, 'UTC') BETWEEN {since:Date} AND {until:Date}
) AS l
LEFT JOIN (
    SELECT
        account,
        connection_id,
        message_id,
        anchor_at,
        arrayMin(arrayFilter(t -> t IS NOT NULL, [delivered_at, read_at, error_at, expired_at, number_not_found_at])) AS ended_at
    FROM ${store}.message
    WHERE anchor_day BETWEEN {since:Date} - 7 AND {until:Date}
) AS m ON m.account = l.account AND m.connection_id = l.connection_id
    AND m.anchor_at < l.at AND m.anchor_at >= l.at - INTERVAL 7 DAY
    AND (m.ended_at IS NULL OR m.ended_at > l.occurred_at)
GROUP BY account, connection_id, status, reason, occurred_at, event_id

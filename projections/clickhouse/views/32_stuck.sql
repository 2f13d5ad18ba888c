-- One row a message that neither came nor failed, older than min_age_s (seconds since its first record), with whether its
-- connection has logged out since. Parameters: since and until (UTC days of the first record, both included), min_age_s.
-- Example: SELECT * FROM recibo.stuck(since = '2026-03-01', until = '2026-03-07', min_age_s = 3600) ORDER BY age_s DESC
CREATE OR REPLACE VIEW ${views}.stuck AS
SELECT
    m.account AS account,
    m.message_id AS message_id,
    m.anchor_day AS anchor_day,
    m.anchor_at AS anchor_at,
    dateDiff('second', m.anchor_at, now64(3)) AS age_s,
    m.status AS status,
    m.provider AS provider,
    m.connection_id AS connection_id,
    m.campaign AS campaign,
    m.client_ref AS client_ref,
    c.status AS connection_status,
    c.logout_last_at AS connection_logout_at,
    ifNull(c.logout_last_at >= m.anchor_at, false) AS logged_out_since
FROM ${store}.message AS m
LEFT JOIN ${store}.connection AS c ON c.account = m.account AND c.connection_id = m.connection_id
WHERE m.anchor_day BETWEEN {since:Date} AND {until:Date} AND NOT m.is_failed AND NOT m.is_delivered
    AND m.anchor_at <= now64(3) - toIntervalSecond({min_age_s:UInt32})

-- One row a message that neither came nor failed, older than min_age_s (seconds since its own time first_at), with whether
-- its connection has logged out since: both by the provider's clock, where it gives times.
-- Parameters: time_zone (IANA name), since and until (days of first_at in that zone, both included), min_age_s.
-- Example: SELECT * FROM recibo.stuck(time_zone = 'America/Sao_Paulo', since = '2026-03-01', until = '2026-03-07', min_age_s = 3600) ORDER BY age_s DESC
CREATE OR REPLACE VIEW ${views}.stuck AS
SELECT
    m.account AS account,
    m.message_id AS message_id,
    m.anchor_day AS anchor_day,
    m.anchor_at AS anchor_at,
    dateDiff('second', m.first_at, now64(3)) AS age_s,
    m.status AS status,
    m.provider AS provider,
    m.connection_id AS connection_id,
    m.campaign AS campaign,
    m.client_ref AS client_ref,
    ifNull(c.status, '') AS connection_status,
    c.logout_last_at AS connection_logout_at,
    ifNull(c.logout_last_at >= m.first_at, false) AS logged_out_since,
    m.first_at AS first_at
FROM
(
    SELECT * FROM ${store}.message_near(since = {since:Date}, until = {until:Date})
    WHERE NOT is_failed AND NOT is_delivered AND toDate(first_at, {time_zone:String}) BETWEEN {since:Date} AND {until:Date}
        AND first_at <= now64(3) - toIntervalSecond({min_age_s:UInt32})
) AS m
LEFT ALL JOIN ${store}.connection AS c ON c.account = m.account AND c.connection_id = m.connection_id

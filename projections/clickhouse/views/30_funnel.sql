-- One row an account, set of sources, connection, campaign, kind of recipient (a group or not) and day (of the message's own
-- time first_at, in time_zone): how far messages came. Parameters: time_zone (IANA name), since and until (days in that
-- zone, both included).
-- Example: SELECT * FROM recibo.funnel(time_zone = 'America/Sao_Paulo', since = '2026-03-01', until = '2026-03-31')
CREATE OR REPLACE VIEW ${views}.funnel AS
SELECT
    toDate(m.first_at, {time_zone:String}) AS day,
    account,
    sources,
    connection_id,
    campaign,
    ${counts},
    to_group
FROM ${store}.message_near(since = {since:Date}, until = {until:Date}) AS m
WHERE day BETWEEN {since:Date} AND {until:Date}
GROUP BY day, account, sources, connection_id, campaign, to_group

-- One row an account, set of sources, connection, campaign and day (of the message's first record, in time_zone): how far
-- messages came. Parameters: time_zone (IANA name), since and until (days in that zone, both included).
-- Example: SELECT * FROM recibo.funnel(time_zone = 'America/Sao_Paulo', since = '2026-03-01', until = '2026-03-31')
CREATE OR REPLACE VIEW ${views}.funnel AS
SELECT
    toDate(anchor_at, {time_zone:String}) AS day,
    account,
    sources,
    connection_id,
    campaign,
    ${counts}
FROM ${store}.message
WHERE anchor_day BETWEEN {since:Date} - 1 AND {until:Date} + 1 AND day BETWEEN {since:Date} AND {until:Date}
GROUP BY day, account, sources, connection_id, campaign

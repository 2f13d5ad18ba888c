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
    count() AS messages,
    countIf(is_queued) AS queued,
    countIf(is_created) AS created,
    countIf(is_sent) AS sent,
    countIf(is_delivered) AS delivered,
    countIf(is_read) AS read,
    countIf(is_error) AS error,
    countIf(is_expired) AS expired,
    countIf(is_number_not_found) AS number_not_found,
    countIf(is_failed AND NOT is_delivered) AS failed,
    countIf(NOT is_failed AND NOT is_delivered) AS open,
    countIf(conflict) AS conflict,
    countIf(delivered_inferred) AS delivered_inferred
FROM ${store}.message
WHERE anchor_day BETWEEN {since:Date} - 1 AND {until:Date} + 1 AND day BETWEEN {since:Date} AND {until:Date}
GROUP BY day, account, sources, connection_id, campaign

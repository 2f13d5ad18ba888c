-- One row an account, set of sources, connection, campaign, kind of recipient (a group or not) and day (of the message's own
-- time first_at, in time_zone): the funnel, counted ahead every five minutes, for long spans and dashboards. Parameters:
-- time_zone (IANA name), since and until (days in that zone, both included).
-- Example: SELECT day, sum(f.messages), sum(f.read) FROM recibo.funnel_rollup(time_zone = 'UTC', since = '2026-01-01', until = '2026-12-31') AS f GROUP BY day
CREATE OR REPLACE VIEW ${views}.funnel_rollup AS
SELECT
    toDate(slot, {time_zone:String}) AS day,
    account,
    sources,
    connection_id,
    campaign,
    ${sums(s)},
    toDateTime(assumeNotNull(min(s.refreshed_at)), 'UTC') AS refreshed_at,
    to_group
FROM ${store}.message_slot AS s
WHERE slot >= toDateTime({since:Date} - 1, 'UTC') AND slot < toDateTime({until:Date} + 2, 'UTC')
    AND day BETWEEN {since:Date} AND {until:Date}
GROUP BY day, account, sources, connection_id, campaign, to_group

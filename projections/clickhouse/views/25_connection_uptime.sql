-- One row an account, connection and day (in time_zone): how long the connection was connected, by its reports. What was true
-- before the first report of the 400 days kept is not known, and counts as neither. Parameters: time_zone (IANA name), since
-- and until (days in that zone, both included).
-- Example: SELECT * FROM recibo.connection_uptime(time_zone = 'America/Sao_Paulo', since = '2026-03-01', until = '2026-03-31')
CREATE OR REPLACE VIEW ${views}.connection_uptime AS
SELECT
    day,
    account,
    connection_id,
    assumeNotNull(sumIf(lasted_s, status = 'connected')) AS connected_s,
    assumeNotNull(sumIf(lasted_s, status != 'connected')) AS closed_s,
    toInt64(dateDiff('second', toDateTime(day, {time_zone:String}), toDateTime(day + 1, {time_zone:String}))) - connected_s - closed_s AS unknown_s
FROM
(
    SELECT
        account,
        connection_id,
        status,
        arrayJoin(arrayFilter(
            d -> ends_at >= toDateTime(d, {time_zone:String}) AND begins_at < toDateTime(d + 1, {time_zone:String}),
            arrayMap(n -> {since:Date} + n, range(toUInt32(greatest(0, {until:Date} - {since:Date} + 1)))))) AS day,
        greatest(toInt64(0), dateDiff('second',
            greatest(toDateTime(begins_at, 'UTC'), toDateTime(day, {time_zone:String})),
            least(toDateTime(ends_at, 'UTC'), toDateTime(day + 1, {time_zone:String}), now('UTC')))) AS lasted_s
    FROM
    (
        SELECT account, connection_id, status, occurred_at AS begins_at,
            ifNull(leadInFrame(toNullable(occurred_at)) OVER (
                PARTITION BY account, connection_id ORDER BY occurred_at, indexOf(${connection_statuses}, status), event_id
                ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
            ), toDateTime64('2100-01-01 00:00:00', 3, 'UTC')) AS ends_at
        FROM ${store}.connection_event FINAL
    )
    WHERE ends_at >= toDateTime({since:Date}, {time_zone:String}) AND begins_at < toDateTime({until:Date} + 1, {time_zone:String})
)
GROUP BY day, account, connection_id

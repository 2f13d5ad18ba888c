-- One row a logout or disconnection, with the messages of its connection that were in flight when it happened: begun in the
-- seven days before it, and neither delivered nor failed by then. A message begins at its own time (first_at). Both are the
-- provider's times; where it gave none (time_source received) the logout's is the time of receipt. Parameters: time_zone
-- (IANA name), since and until (days in that zone of the logout's append time, both included).
-- Example: SELECT * FROM recibo.logout_in_flight(time_zone = 'America/Sao_Paulo', since = '2026-03-01', until = '2026-03-07') ORDER BY in_flight DESC
CREATE OR REPLACE VIEW ${views}.logout_in_flight AS
WITH
    closed AS
    (
        SELECT * FROM ${store}.connection_event FINAL
        WHERE status != 'connected' AND at >= toDateTime({since:Date}, {time_zone:String}) AND at < toDateTime({until:Date} + 1, {time_zone:String})
    ),
    closed_hours AS (SELECT account, connection_id, toStartOfHour(occurred_at, 'UTC') FROM closed),
    -- Of each message the span of time in which it was in flight, where a logout may be within it: most spans are short, and are
    -- in no hour in which their connection closed. Otherwise every logout would meet all messages of its connection.
    caught AS
    (
        SELECT m.account AS account, m.connection_id AS connection_id, m.first_at AS first_at, m.in_flight_until AS in_flight_until
        FROM
        (
            SELECT
                account,
                connection_id,
                first_at,
                least(
                    first_at + INTERVAL 7 DAY,
                    arrayMin(arrayMap(t -> ifNull(t, first_at + INTERVAL 8 DAY), [delivered_at, read_at, error_at, expired_at, number_not_found_at])) - INTERVAL 1 MILLISECOND
                ) AS in_flight_until
            FROM ${store}.message_near(since = {since:Date} - 23, until = {until:Date})
            WHERE (account, connection_id) IN (SELECT account, connection_id FROM closed)
                AND anchor_day >= (SELECT if(count() = 0, toDate('2149-06-06'), toDate(min(c.occurred_at), 'UTC') - 9) FROM closed AS c)
        ) AS m
        WHERE in_flight_until > first_at
            AND (in_flight_until >= first_at + INTERVAL 1 HOUR
                OR (account, connection_id, toStartOfHour(first_at, 'UTC')) IN (SELECT * FROM closed_hours)
                OR (account, connection_id, toStartOfHour(in_flight_until, 'UTC')) IN (SELECT * FROM closed_hours))
    )
SELECT
    l.account AS account,
    l.connection_id AS connection_id,
    l.status AS status,
    l.reason AS reason,
    l.occurred_at AS occurred_at,
    l.event_id AS event_id,
    countIf(m.first_at < l.occurred_at AND l.occurred_at <= m.in_flight_until) AS in_flight,
    l.time_source AS time_source
FROM closed AS l
LEFT ALL JOIN caught AS m ON m.account = l.account AND m.connection_id = l.connection_id
GROUP BY account, connection_id, status, reason, occurred_at, event_id, time_source

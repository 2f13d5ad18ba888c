-- One row a logout or disconnection, with the messages of its connection that were in flight when it happened: begun in the
-- seven days before it, and neither delivered nor failed by then. A message begins at its own time (first_at). Both are the
-- provider's times; where it gave none (time_source received) the logout's is the time of receipt. Parameters: time_zone
-- (IANA name), since and until (days in that zone of the logout's append time, both included).
-- Example: SELECT * FROM recibo.logout_in_flight(time_zone = 'America/Sao_Paulo', since = '2026-03-01', until = '2026-03-07') ORDER BY in_flight DESC
CREATE OR REPLACE VIEW ${views}.logout_in_flight AS
WITH closed AS
(
    SELECT * FROM ${store}.connection_event FINAL
    WHERE status != 'connected' AND at >= toDateTime({since:Date}, {time_zone:String}) AND at < toDateTime({until:Date} + 1, {time_zone:String})
)
SELECT
    l.account AS account,
    l.connection_id AS connection_id,
    l.status AS status,
    l.reason AS reason,
    l.occurred_at AS occurred_at,
    l.event_id AS event_id,
    countIf(
        ifNull(m.message_id, '') != '' AND m.first_at < l.occurred_at AND m.first_at >= l.occurred_at - INTERVAL 7 DAY
        AND (NOT m.is_ended OR m.ended_at > l.occurred_at)) AS in_flight,
    l.time_source AS time_source
FROM closed AS l
LEFT ALL JOIN (
    SELECT
        account,
        connection_id,
        message_id,
        first_at,
        arrayMin(arrayMap(t -> assumeNotNull(t), arrayFilter(t -> t IS NOT NULL, [delivered_at, read_at, error_at, expired_at, number_not_found_at]))) AS ended_at,
        delivered_at IS NOT NULL OR read_at IS NOT NULL OR error_at IS NOT NULL OR expired_at IS NOT NULL OR number_not_found_at IS NOT NULL AS is_ended
    FROM ${store}.message_near(since = {since:Date} - 23, until = {until:Date})
    WHERE (account, connection_id) IN (SELECT account, connection_id FROM closed)
) AS m ON m.account = l.account AND m.connection_id = l.connection_id
GROUP BY account, connection_id, status, reason, occurred_at, event_id, time_source

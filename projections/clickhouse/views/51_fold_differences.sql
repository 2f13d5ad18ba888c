-- One row a message whose state does not say what its own events say: none, or something is wrong. The state is read as the
-- views read it: of a member of a group from message_member.
-- Events kept out of message_event (unselected, overflow) are in the state alone, so a state may know more, never less.
-- A state is kept by the day it began, its events by their own: events older than 340 days may have none left, and are let be.
-- No state begins after an event of it was appended.
-- Parameters: time_zone (IANA name), since and until (days in that zone of the events' append time, both included).
-- Example: SELECT * FROM recibo.fold_differences(time_zone = 'America/Sao_Paulo', since = '2026-03-01', until = '2026-03-07')
CREATE OR REPLACE VIEW ${views}.fold_differences AS
WITH reported AS
(
    SELECT account, message_id FROM ${store}.message_event
    WHERE at >= toDateTime({since:Date}, {time_zone:String}) AND at < toDateTime({until:Date} + 1, {time_zone:String})
)
SELECT
    e.account AS account,
    e.message_id AS message_id,
    e.seen AS seen_by_events,
    ifNull(s.seen, 0) AS seen_by_state,
    mapApply((k, v) -> (k, assumeNotNull(v)), ${first_times_told}) AS first_times_by_events,
    ${first_times_kept} AS first_times_by_state
FROM
(
    SELECT account, message_id, max(e.at) AS last_at,
        assumeNotNull(groupBitOr(toUInt32(bitShiftLeft(1, indexOf(${statuses}, status) - 1)))) AS seen,
        ${first_told}
    FROM ${store}.message_event AS e FINAL
    WHERE at >= toDateTime({since:Date}, {time_zone:String}) AND at < toDateTime({until:Date} + 1, {time_zone:String})
    GROUP BY account, message_id
) AS e
LEFT ALL JOIN
(
    SELECT account, message_id, assumeNotNull(groupBitOr(t.seen)) AS seen, ${first_kept}
    FROM
    (
        SELECT * FROM ${store}.message_state
        WHERE anchor_day <= {until:Date} + 1 AND (account, message_id) IN (SELECT account, message_id FROM reported)
            AND (anchor_day, account, message_id) NOT IN (SELECT anchor_day, account, message_id FROM ${store}.message_group)
        UNION ALL
        SELECT * FROM ${store}.message_member WHERE anchor_day <= {until:Date} + 1 AND (account, message_id) IN (SELECT account, message_id FROM reported)
    ) AS t
    GROUP BY account, message_id
) AS s ON s.account = e.account AND s.message_id = e.message_id
WHERE NOT (ifNull(s.seen, 0) = 0 AND e.last_at < now() - INTERVAL 340 DAY)
    AND (bitAnd(ifNull(s.seen, 0), e.seen) != e.seen OR ${kept_later})

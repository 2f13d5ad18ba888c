-- One row an event of one message, in order of time: events kept and records set aside, under any of its ids.
-- Parameters: account, message_id (any id the message goes by).
-- Example: SELECT * FROM recibo.timeline(account = 'default', message_id = 'wppm-0001')
CREATE OR REPLACE VIEW ${views}.timeline AS
WITH
    assumeNotNull((
        SELECT groupArray((anchor_day, toString(account), message_id)) FROM ${store}.message_alias
        WHERE id_hash = CRC32(concat({account:String}, '/', {message_id:String}))
            AND account = {account:String} AND id = {message_id:String}
    )) AS found_states,
    ${found_members},
    arrayDistinct(arrayConcat(arrayMap(s -> tupleElement(s, 3), states), [{message_id:String}])) AS ids,
    -- An event is of a state: not before the state's day, and no later than the horizon after its last event.
    if(empty(states), toDate(0), arrayMin(arrayMap(s -> tupleElement(s, 1), states))) AS first_day,
    (
        SELECT if(count() = 0, toDate('2100-01-01'), toDate(assumeNotNull(max(s.last_event_at)), 'UTC') + ${horizon_days} + 1)
        FROM ${store}.message_state AS s
        WHERE (anchor_day, account, message_id) IN states
    ) AS last_day
SELECT *
FROM
(
    SELECT occurred_at, received_at, at, status, provider_status, outcome, event_id, source, connection_id,
        ${number(e.participant)} AS participant, message_id, error_category, error_code, ${digits(e.error_title)} AS error_title,
        ${digits(e.error_detail)} AS error_detail, '' AS why, time_source, absurd_time, request_id,
        event_index, log_partition, log_offset,
        arrayMap(f -> (f.1, f.2, ${digits(f.3)}), e.further_errors) AS further_errors
    FROM ${store}.message_event AS e
    WHERE account = {account:String} AND message_id IN ids
        AND at >= toDateTime(first_day, 'UTC') AND at < toDateTime(last_day, 'UTC')
    LIMIT 1 BY at, generation, log_partition, log_offset
    UNION ALL
    SELECT received_at AS occurred_at, received_at, at, '' AS status, '' AS provider_status, outcome, event_id, source,
        '' AS connection_id, '' AS participant, ${subject(key)} AS message_id, '' AS error_category,
        '' AS error_code, '' AS error_title, '' AS error_detail, ${digits(s.why)} AS why, 'received' AS time_source, false AS absurd_time,
        request_id, event_index, log_partition, log_offset,
        CAST([], 'Array(Tuple(String, String, String))') AS further_errors
    FROM ${store}.webhook_set_aside AS s
    WHERE account = {account:String} AND key IN arrayMap(i -> concat({account:String}, '/', i), ids)
    LIMIT 1 BY at, generation, log_partition, log_offset
)
ORDER BY occurred_at, at, log_partition, log_offset

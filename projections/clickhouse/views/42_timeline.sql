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
    ${timeline_days}
SELECT *
FROM
(
${timeline_rows}
)
ORDER BY occurred_at, at, log_partition, log_offset

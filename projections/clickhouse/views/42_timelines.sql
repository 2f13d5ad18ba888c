-- One row an event of one of several messages, and id of message_ids that it is of, as in recibo.timeline: the way to many timelines by
-- one question. Parameters: account, message_ids (any ids that the messages go by).
-- Example: SELECT asked, status, occurred_at FROM recibo.timelines(account = 'default', message_ids = ['wppm-0001', 'wppm-0002']) ORDER BY asked, occurred_at
CREATE OR REPLACE VIEW ${views}.timelines AS
WITH
    assumeNotNull((
        SELECT groupUniqArray((id, anchor_day, toString(account), message_id)) FROM ${store}.message_alias
        WHERE id_hash IN (SELECT CRC32(concat({account:String}, '/', arrayJoin({message_ids:Array(String)}))))
            AND account = {account:String} AND id IN {message_ids:Array(String)}
    )) AS found_names,
    arrayDistinct(arrayMap(n -> (tupleElement(n, 2), tupleElement(n, 3), tupleElement(n, 4)), found_names)) AS found_states,
    ${found_members},
    -- Ids that events have, and that of message_ids which leads to them: itself, its states', and those of their groups.
    arrayDistinct(arrayConcat(
        arrayMap(i -> (i, i), {message_ids:Array(String)}),
        arrayMap(n -> (tupleElement(n, 4), tupleElement(n, 1)), found_names),
        arrayFlatten(arrayMap(
            (n, g) -> arrayMap(
                m -> (tupleElement(m, 3), tupleElement(n, 1)),
                arrayFilter(m -> tupleElement(m, 4) = tupleElement(g, 4) AND tupleElement(m, 5) = tupleElement(g, 5), found_members)),
            found_names,
            arrayMap(
                n -> arrayFirst(m -> tupleElement(m, 1) = tupleElement(n, 2) AND tupleElement(m, 3) = tupleElement(n, 4), found_members),
                found_names)))
    )) AS leading,
    arrayDistinct(arrayMap(l -> tupleElement(l, 1), leading)) AS ids,
    ${timeline_days}
SELECT
    arrayJoin(arrayMap(l -> tupleElement(l, 2), arrayFilter(l -> tupleElement(l, 1) = e.message_id, leading))) AS asked,
    e.*
FROM
(
${timeline_rows}
) AS e

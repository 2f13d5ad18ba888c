assumeNotNull((
        SELECT groupUniqArray((anchor_day, toString(account), message_id)) FROM ${store}.message_merge
        WHERE (state_day, account, state_id) IN (SELECT arrayJoin(found_states))
    )) AS found_groups,
    -- A group's day is its first member's; where there is no group, no day is read.
    assumeNotNull((
        SELECT groupUniqArray((state_day, toString(account), state_id, anchor_day, message_id)) FROM ${store}.message_merge
        WHERE state_day >= if(empty(found_groups), toDate('2149-06-06'), arrayMin(arrayMap(g -> tupleElement(g, 1), found_groups)))
            AND (anchor_day, account, message_id) IN (SELECT arrayJoin(found_groups))
    )) AS found_members,
    -- Every state of every message found, and which member of found_members each is: 0, of none.
    arrayMap(m -> (tupleElement(m, 1), tupleElement(m, 2), tupleElement(m, 3)), found_members) AS members,
    arrayDistinct(arrayConcat(found_states, members)) AS states,
    arrayConcat([''], arrayMap(m -> concat(toString(tupleElement(m, 1)), ' ', tupleElement(m, 2), '/', tupleElement(m, 3)), found_members)) AS member_names,
    arrayConcat([0], arrayEnumerate(found_members)) AS member_numbers

(
    SELECT *,
        transform(concat(toString(t.anchor_day), ' ', t.account, '/', t.message_id), member_names, member_numbers, 0) AS nth,
        if(nth = 0, t.anchor_day, tupleElement(found_members[nth], 4)) AS group_day,
        if(nth = 0, t.message_id, tupleElement(found_members[nth], 5)) AS group_id
    FROM ${store}.message_state AS t
    WHERE (t.anchor_day, t.account, t.message_id) IN (SELECT arrayJoin(${which}))
) AS s
GROUP BY s.group_day, s.account, s.group_id

-- One row a message, facts as the engine folds them: the states of one group joined, all others as they are. A group is
-- shown under the id that no other member goes by too (the first, by day and id, of several; of none, the first of all).
-- A group's day is its first member's, so no member's day is before it. Members are of any later day: their rows are read from
-- message_member, which has theirs alone. It is named after the states that stand alone are decided, and before the groups
-- that are shown: whatever is grouped meanwhile is found in one of the two.
SELECT anchor_day, account, message_id, ${fold_columns}
FROM ${store}.message_state FINAL
WHERE ${alone}
    AND (anchor_day, account, message_id) NOT IN (SELECT anchor_day, account, message_id FROM ${store}.message_group WHERE ${alone})
UNION ALL
SELECT
    m.anchor_day AS anchor_day,
    m.account AS account,
    ${shown_id} AS message_id,
    ${fold_joins}
FROM
(
    SELECT * FROM ${store}.message_member
    WHERE ${since} AND (anchor_day, account, message_id) IN
    (
        SELECT state_day, account, state_id FROM ${store}.message_merge WHERE ${grouped}
    )
) AS s
INNER ALL JOIN (SELECT * FROM ${store}.message_merge WHERE ${grouped}) AS m
    ON m.account = s.account AND m.state_id = s.message_id AND m.state_day = s.anchor_day
GROUP BY m.anchor_day, m.account, m.message_id

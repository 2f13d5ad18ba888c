SELECT s.account AS account, s.message_id AS message_id, toUInt16(s.anchor_day) AS day
FROM
(
    SELECT account, message_id, anchor_day, max(a.last_event_at) AS last_at, groupBitOr(a.seen) AS statuses
    FROM ${store}.message_state AS a
    WHERE anchor_day BETWEEN ${since} AND ${until}
        AND (anchor_day, account, message_id) IN (SELECT anchor_day, account, message_id FROM ${store}.message_group WHERE anchor_day BETWEEN ${since} AND ${until})
    GROUP BY account, message_id, anchor_day
) AS s
LEFT ALL JOIN
(
    SELECT account, message_id, anchor_day, 1 AS is_there, max(b.last_event_at) AS last_at, groupBitOr(b.seen) AS statuses
    FROM ${store}.message_member AS b
    WHERE anchor_day BETWEEN ${since} AND ${until}
    GROUP BY account, message_id, anchor_day
) AS m ON m.account = s.account AND m.message_id = s.message_id AND m.anchor_day = s.anchor_day
WHERE ifNull(m.is_there, 0) = 0 OR m.last_at < s.last_at OR bitAnd(m.statuses, s.statuses) != s.statuses

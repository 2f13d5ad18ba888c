SELECT account, id, uniqExact(message_id, anchor_day) AS states, uniqExact(named) AS groups
FROM
(
    SELECT a.account AS account, a.id AS id, a.message_id AS message_id, a.anchor_day AS anchor_day,
        if(ifNull(g.is_grouped, 0) = 0, (a.anchor_day, a.message_id), (ifNull(g.least_day, a.anchor_day), ifNull(g.least_id, ''))) AS named
    FROM
    (
        SELECT DISTINCT account, id, message_id, anchor_day FROM ${store}.message_alias
        WHERE halfMD5(concat(account, '/', id)) IN
        (
            SELECT id_hash FROM ${store}.alias_hash
            WHERE id_hash IN (SELECT id_hash FROM ${store}.alias_hash WHERE anchor_day BETWEEN ${since} AND ${until})
            GROUP BY id_hash HAVING min(state_hash) < max(state_hash) OR min(anchor_day) < max(anchor_day)
        )
        AND (account, id) NOT IN (SELECT account, id FROM ${store}.alias_cut)
    ) AS a
    LEFT ALL JOIN
    (
        SELECT account, message_id, anchor_day, 1 AS is_grouped, folded.2 AS least_day, folded.3 AS least_id
        FROM
        (
            SELECT account, message_id, anchor_day, min(t.least) AS folded
            FROM ${store}.message_group AS t
            GROUP BY account, message_id, anchor_day
        )
    ) AS g ON g.account = a.account AND g.message_id = a.message_id AND g.anchor_day = a.anchor_day
)
GROUP BY account, id
HAVING groups > 1

-- One row a message and way in which it was found: one of `texts` is an id it goes by, any name of its recipient (number as
-- reported or canonical, lid, business-scoped id), its reference (client_ref), or another name of the person that goes by it. message_id and anchor_day are those of
-- recibo.messages; recibo.messages_found has what is true of them. Parameter: texts (every form to look for; `recibo message`
-- makes all those of a number).
-- Example: SELECT * FROM recibo.search(texts = ['5511987654321', '551187654321'])
CREATE OR REPLACE VIEW ${views}.search AS
WITH
    -- Arrays, which are found once: what follows reads them several times.
    assumeNotNull((SELECT groupArray((account, message_id, anchor_day, found_by, text)) FROM ${store}.message_found(texts = {texts:Array(String)}))) AS found_states,
    assumeNotNull((
        SELECT groupArray((account, state_id, state_day, message_id, anchor_day)) FROM ${store}.message_merge
        WHERE (state_day, account, state_id) IN (SELECT tupleElement(f, 3), tupleElement(f, 1), tupleElement(f, 2) FROM (SELECT arrayJoin(found_states) AS f))
    )) AS found_groups,
    assumeNotNull((
        SELECT groupArray((account, message_id, anchor_day, state_id, state_day)) FROM ${store}.message_merge
        WHERE state_day >= arrayMin(arrayMap(g -> tupleElement(g, 5), found_groups))
            AND (account, message_id, anchor_day) IN (SELECT tupleElement(g, 1), tupleElement(g, 4), tupleElement(g, 5) FROM (SELECT arrayJoin(found_groups) AS g))
    )) AS found_members,
    states AS
    (
        SELECT toLowCardinality(tupleElement(f, 1)) AS account, tupleElement(f, 2) AS message_id, tupleElement(f, 3) AS anchor_day, tupleElement(f, 4) AS found_by, tupleElement(f, 5) AS text
        FROM (SELECT arrayJoin(found_states) AS f)
    ),
    grouped AS
    (
        SELECT tupleElement(g, 1) AS account, tupleElement(g, 2) AS state_id, tupleElement(g, 3) AS state_day, tupleElement(g, 4) AS message_id, tupleElement(g, 5) AS anchor_day
        FROM (SELECT arrayJoin(found_groups) AS g)
    ),
    members AS
    (
        SELECT tupleElement(m, 1) AS account, tupleElement(m, 2) AS message_id, tupleElement(m, 3) AS anchor_day, tupleElement(m, 4) AS state_id, tupleElement(m, 5) AS state_day
        FROM (SELECT arrayJoin(found_members) AS m)
    ),
    shown AS
    (
        SELECT m.account AS account, m.message_id AS message_id, m.anchor_day AS anchor_day,
            arrayConcat(
                arraySort(arrayFilter(member -> NOT has(groupUniqArray(ifNull(a.id, '')), tupleElement(member, 2)), groupUniqArray((m.state_day, m.state_id)))),
                arraySort(groupUniqArray((m.state_day, m.state_id)))
            )[1].2 AS shown_id
        FROM members AS m
        LEFT ALL JOIN
        (
            SELECT account, message_id, anchor_day, id FROM ${store}.state_alias
            WHERE state_hash IN (SELECT CRC32(concat(account, '/', state_id)) FROM members)
        ) AS a ON a.account = m.account AND a.message_id = m.state_id AND a.anchor_day = m.state_day
        GROUP BY account, message_id, anchor_day
    ),
    of_group AS
    (
        SELECT g.account AS account, g.state_id AS state_id, g.state_day AS state_day, s.shown_id AS message_id, s.anchor_day AS anchor_day, 1 AS is_grouped
        FROM grouped AS g
        INNER ALL JOIN shown AS s ON s.account = g.account AND s.message_id = g.message_id AND s.anchor_day = g.anchor_day
    )
SELECT DISTINCT
    s.account AS account,
    if(ifNull(g.is_grouped, 0) = 0, s.message_id, ifNull(g.message_id, '')) AS message_id,
    if(ifNull(g.is_grouped, 0) = 0, s.anchor_day, ifNull(g.anchor_day, toDate(0))) AS anchor_day,
    s.found_by AS found_by,
    if(s.found_by IN ('recipient', 'person'), ${number(s.text)}, s.text) AS found
FROM states AS s
LEFT ALL JOIN of_group AS g
    ON g.account = s.account AND g.state_id = s.message_id AND g.state_day = s.anchor_day
-- Where numbers are masked nobody is found by one: whoever may ask for 20,000 of them would know which are right.
WHERE s.found_by IN ('id', 'reference') OR ${finds_people}

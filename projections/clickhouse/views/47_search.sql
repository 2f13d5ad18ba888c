-- One row a message and way in which it was found: one of `texts` is an id it goes by, any name of its recipient (number as
-- reported or canonical, lid, business-scoped id), its reference (client_ref), or another name of the person that goes by it. message_id and anchor_day are those of
-- recibo.messages; recibo.messages_found has what is true of them. Parameter: texts (every form to look for; `recibo message`
-- makes all those of a number).
-- Example: SELECT * FROM recibo.search(texts = ['5511987654321', '551187654321'])
CREATE OR REPLACE VIEW ${views}.search AS
WITH
    states AS (SELECT account, message_id, anchor_day, found_by, text FROM ${store}.message_found(texts = {texts:Array(String)})),
    grouped AS
    (
        SELECT account, state_id, state_day, message_id, anchor_day FROM ${store}.message_merge
        WHERE (state_day, account, state_id) IN (SELECT anchor_day, account, message_id FROM states)
    ),
    members AS
    (
        SELECT account, message_id, anchor_day, state_id, state_day FROM ${store}.message_merge
        WHERE state_day >= (SELECT ifNull(min(anchor_day), toDate(0)) FROM grouped)
            AND (account, message_id, anchor_day) IN (SELECT account, message_id, anchor_day FROM grouped)
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

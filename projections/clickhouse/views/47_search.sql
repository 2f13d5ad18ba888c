-- One row a message and way in which it was found: one of `texts` is an id it goes by, its recipient, or its reference
-- (client_ref). message_id and anchor_day are those of recibo.messages. Parameter: texts (every form to look for;
-- `recibo message` makes all those of a number). By indexes only: a message whose events were all unselected is found by its ids.
-- Example: SELECT * FROM recibo.search(texts = ['5511987654321', '551187654321'])
CREATE OR REPLACE VIEW ${views}.search AS
WITH
    given AS (SELECT arrayJoin({texts:Array(String)}) AS text),
    hashes AS
    (
        SELECT DISTINCT CRC32(concat(a.account, '/', g.text))
        FROM (SELECT DISTINCT account FROM ${store}.message_alias) AS a CROSS JOIN given AS g
    ),
    named AS
    (
        SELECT DISTINCT account, message_id, anchor_day, id AS text
        FROM ${store}.message_alias
        WHERE id_hash IN (hashes) AND id IN (given)
    ),
    mentioned AS
    (
        SELECT account, message_id, 'recipient' AS found_by, recipient AS text FROM ${store}.message_event WHERE recipient IN (given)
        UNION DISTINCT
        SELECT account, message_id, 'reference', client_ref FROM ${store}.message_event WHERE client_ref IN (given)
    ),
    states AS
    (
        SELECT account, message_id, anchor_day, 'id' AS found_by, text FROM named
        UNION ALL
        SELECT m.account, m.message_id, a.anchor_day, m.found_by, m.text
        FROM mentioned AS m
        INNER JOIN
        (
            SELECT DISTINCT account, id, message_id, anchor_day FROM ${store}.message_alias
            WHERE id_hash IN (SELECT CRC32(concat(account, '/', message_id)) FROM mentioned)
        ) AS a ON a.account = m.account AND a.id = m.message_id AND a.message_id = m.message_id
    )
SELECT DISTINCT
    s.account AS account,
    if(g.message_id = '', s.message_id, g.message_id) AS message_id,
    if(g.message_id = '', s.anchor_day, g.anchor_day) AS anchor_day,
    s.found_by AS found_by,
    if(s.found_by = 'recipient', ${number(s.text)}, s.text) AS found
FROM states AS s
LEFT JOIN ${store}.message_merge AS g
    ON g.account = s.account AND g.state_id = s.message_id AND g.state_day = s.anchor_day

-- One row a state and way in which it was found by one of `texts`: an id it goes by, a name of its recipient, its reference, or
-- another name of the person that one of `texts` is a name of.
-- Each text is looked up with and without the + of a number; a look-up reads a granule a part and week. Parameter: texts.
CREATE OR REPLACE VIEW ${store}.message_found AS
WITH
    given AS
    (
        SELECT DISTINCT arrayJoin(arrayConcat({texts:Array(String)}, arrayMap(t -> substring(t, 2), arrayFilter(t -> startsWith(t, '+'), {texts:Array(String)})))) AS text
    ),
    hashes AS
    (
        SELECT DISTINCT CRC32(concat(a.account, '/', g.text)) FROM ${store}.message_account AS a CROSS JOIN given AS g
    ),
    people AS
    (
        SELECT DISTINCT account, arrayJoin(arrayMap(i -> replaceRegexpOne(tupleElement(i, 2), '^[+]', ''), tupleElement(whole, 3))) AS name
        FROM
        (
            SELECT account, kind, value, assumeNotNull(max(p.known)) AS whole FROM ${store}.person AS p
            WHERE value IN (SELECT arrayJoin([text, concat('+', text)]) FROM given)
            GROUP BY account, kind, value
        )
    )
SELECT DISTINCT account, message_id, anchor_day, 'id' AS found_by, id AS text
FROM ${store}.message_alias
WHERE id_hash IN (hashes) AND id IN (given)
UNION ALL
SELECT DISTINCT toLowCardinality(account), message_id, anchor_day, toString(found_by), name
FROM ${store}.message_name
WHERE name IN (given)
UNION ALL
SELECT DISTINCT toLowCardinality(account), message_id, anchor_day, 'person', name
FROM ${store}.message_name
WHERE found_by = 'recipient' AND name IN (SELECT name FROM people) AND name NOT IN (SELECT text FROM given)
    AND (account, name) IN (SELECT account, name FROM people)

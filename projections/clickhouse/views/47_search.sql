-- One row a message and way in which it was found: one of `texts` is an id it goes by, any name of its recipient (number as
-- reported or canonical, lid, business-scoped id), its reference (client_ref), or another name of the person that goes by it. message_id and anchor_day are those of
-- recibo.messages; recibo.messages_found has what is true of them. Parameter: texts (every form to look for; `recibo message`
-- makes all those of a number).
-- Example: SELECT * FROM recibo.search(texts = ['5511987654321', '551187654321'])
CREATE OR REPLACE VIEW ${views}.search AS
WITH
    ${found},
    -- Under which id each group is shown: that of recibo.messages.
    assumeNotNull((
        SELECT groupArray((concat(toString(group_day), ' ', account, '/', group_id), shown_id))
        FROM
        (
            SELECT s.group_day AS group_day, toString(s.account) AS account, s.group_id AS group_id, ${shown_id} AS shown_id
            FROM
            ${rows_of_members}
        )
    )) AS shown
SELECT DISTINCT
    toLowCardinality(tupleElement(f, 1)) AS account,
    if(nth = 0, tupleElement(f, 2), transform(
        concat(toString(anchor_day), ' ', tupleElement(f, 1), '/', tupleElement(found_members[nth], 5)),
        arrayConcat([''], arrayMap(g -> tupleElement(g, 1), shown)), arrayConcat([''], arrayMap(g -> tupleElement(g, 2), shown)),
        tupleElement(found_members[nth], 5))) AS message_id,
    if(nth = 0, tupleElement(f, 3), tupleElement(found_members[nth], 4)) AS anchor_day,
    tupleElement(f, 4) AS found_by,
    if(found_by IN ('recipient', 'person'), ${number(tupleElement(f, 5))}, tupleElement(f, 5)) AS found
FROM
(
    SELECT arrayJoin(found_names) AS f,
        transform(concat(toString(tupleElement(f, 3)), ' ', tupleElement(f, 1), '/', tupleElement(f, 2)), member_names, member_numbers, 0) AS nth
)

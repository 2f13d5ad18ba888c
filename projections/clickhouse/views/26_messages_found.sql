-- One row a message that one of `texts` names, as in recibo.messages: an id it goes by, its reference, or, in recibo_numbers alone,
-- a name of its recipient, also one that other messages linked with it (recibo.persons).
-- However many messages there are, no more is read than what is found. Parameter: texts (every form to look for; `recibo
-- message` makes all those of a number).
-- Example: SELECT * FROM recibo.messages_found(texts = ['wppm-0001', 'order-1001'])
CREATE OR REPLACE VIEW ${views}.messages_found AS
WITH
    ${found}
SELECT * REPLACE (
    ${number(recipient)} AS recipient,
    ${digits(failure_title)} AS failure_title,
    ${number(line)} AS line,
    arrayMap(identity -> (tupleElement(identity, 1), ${number(tupleElement(identity, 2))}), identities) AS identities
)
FROM
(
${message_found}
)

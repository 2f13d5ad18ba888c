-- One row a message: what is true of it. Filter by anchor_day: the week's partitions are all that is read then.
-- Example: SELECT status, count() FROM recibo.messages WHERE anchor_day >= today() - 7 GROUP BY status
CREATE OR REPLACE VIEW ${views}.messages AS
SELECT * REPLACE (
    ${number(recipient)} AS recipient,
    ${digits(failure_title)} AS failure_title,
    ${number(line)} AS line,
    arrayMap(identity -> (tupleElement(identity, 1), ${number(tupleElement(identity, 2))}), identities) AS identities
)
FROM ${store}.message

-- One row a message whose own time first_at is on some days, as in recibo.messages, whenever it was told of.
-- Parameters: time_zone (IANA name), since and until (days of first_at in that zone, both included).
-- Example: SELECT status, count() FROM recibo.messages_of_days(time_zone = 'America/Sao_Paulo', since = '2026-03-01', until = '2026-03-07') GROUP BY status
CREATE OR REPLACE VIEW ${views}.messages_of_days AS
SELECT * REPLACE (
    ${number(recipient)} AS recipient,
    ${digits(failure_title)} AS failure_title,
    ${number(line)} AS line,
    arrayMap(identity -> (tupleElement(identity, 1), ${number(tupleElement(identity, 2))}), identities) AS identities
)
FROM ${store}.message_near(since = {since:Date}, until = {until:Date}) AS m
WHERE toDate(m.first_at, {time_zone:String}) BETWEEN {since:Date} AND {until:Date}

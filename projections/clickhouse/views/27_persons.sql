-- One row a person that goes by several names, as one event or several gave them to one recipient: a number, a lid, business-scoped
-- ids. Whoever is not here goes by one name. Names that messages to groups, participants or ourselves have link nothing.
-- Example: SELECT account, line, identities FROM recibo_numbers.persons WHERE account = 'default' LIMIT 100
CREATE OR REPLACE VIEW ${views}.persons AS
SELECT
    account,
    ${number(known_line)} AS line,
    arrayMap(identity -> (tupleElement(identity, 1), ${number(tupleElement(identity, 2))}), tupleElement(whole, 3)) AS identities,
    tupleElement(whole, 2) AS names
FROM
(
    SELECT account, kind, value, assumeNotNull(max(p.known)) AS whole,
        if(startsWith(value, '+'), value, '') AS known_line
    FROM ${store}.person AS p
    GROUP BY account, kind, value
)
WHERE names > 1 AND tupleElement(whole, 3)[1] = (kind, value)

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
    -- Of a name's rows the greatest counts, told by numbers alone: a GROUP BY of whole persons takes more than 600 bytes each.
    SELECT account, p.known AS whole, if(startsWith(value, '+'), value, '') AS known_line
    FROM ${store}.person AS p
    WHERE tupleElement(p.known, 2) > 1 AND tupleElement(p.known, 3)[1] = (kind, value)
        AND (sipHash128(account, kind, value), bitShiftLeft(toUInt64(tupleElement(p.known, 1)), 32) + tupleElement(p.known, 2)) IN
        (
            SELECT named, assumeNotNull(max(counted))
            FROM
            (
                SELECT sipHash128(account, kind, value) AS named, bitShiftLeft(toUInt64(tupleElement(o.known, 1)), 32) + tupleElement(o.known, 2) AS counted
                FROM ${store}.person AS o
            )
            GROUP BY named
        )
    LIMIT 1 BY account, kind, value
)

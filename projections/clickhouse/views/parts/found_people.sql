assumeNotNull((
        SELECT groupUniqArray((account, replaceRegexpOne(tupleElement(identity, 2), '^[+]', '')))
        FROM
        (
            SELECT toString(p.account) AS account, arrayJoin(tupleElement(assumeNotNull(max(p.known)), 3)) AS identity
            FROM ${store}.person AS p
            WHERE p.value IN (SELECT arrayJoin(arrayConcat(given, arrayMap(g -> concat('+', g), given))))
            GROUP BY p.account, p.kind, p.value
        )
    )) AS people,

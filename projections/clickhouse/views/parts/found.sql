-- Arrays, which are found once: what follows reads them several times.
    arrayDistinct(arrayConcat({texts:Array(String)}, arrayMap(t -> substring(t, 2), arrayFilter(t -> startsWith(t, '+'), {texts:Array(String)})))) AS given,
    assumeNotNull((SELECT groupUniqArray(toString(account)) FROM ${store}.message_account)) AS accounts,
    arrayDistinct(arrayFlatten(arrayMap(a -> arrayMap(g -> CRC32(concat(a, '/', g)), given), accounts))) AS hashes,
    ${people}assumeNotNull((
        SELECT groupUniqArray((account, message_id, anchor_day, found_by, text))
        FROM
        (
            SELECT toString(account) AS account, message_id, anchor_day, 'id' AS found_by, id AS text
            FROM ${store}.message_alias
            WHERE id_hash IN (SELECT arrayJoin(hashes)) AND id IN (SELECT arrayJoin(given))
            UNION ALL
            SELECT toString(account), message_id, anchor_day, if(has(given, name), toString(found_by), 'person'), name
            FROM ${store}.message_name
            WHERE ${by_name}
        )
    )) AS found_names,
    arrayDistinct(arrayMap(f -> (tupleElement(f, 3), tupleElement(f, 1), tupleElement(f, 2)), found_names)) AS found_states,
    ${found_members}

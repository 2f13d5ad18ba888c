-- Which messages each row may mean: rows and messages meet where they have a name in common, and every name is a hash of 128
-- bits with the kind it is of. Of a name that more than 16 messages go by 17 are taken, so that what comes out is bounded.
INSERT INTO ${store}.reconciliation_candidate
SELECT
    {run:String} AS run,
    toDate(now(), 'UTC') AS made_day, -- until when it is kept goes by the engine's clock
    s.manifest_number AS manifest_number,
    s.row AS row,
    m.step AS step,
    s.has_id AS has_id,
    s.their_connection AS their_connection,
    s.sent_at AS sent_at,
    m.anchor_day AS anchor_day,
    m.message_id AS message_id,
    m.status AS status,
    m.seen AS seen,
    m.first_at AS first_at,
    m.first_received_at AS first_received_at,
    m.delivered_at AS delivered_at,
    m.provider AS provider,
    m.connection_id AS connection_id,
    m.campaign AS campaign,
    -- only names of one kind contradict one another: a number and a business-scoped id may be one person's
    NOT hasAny(s.people, m.people)
        AND hasAny(arrayMap(p -> tupleElement(p, 1), s.people), arrayMap(p -> tupleElement(p, 1), m.people)) AS number_differs,
    m.is_erased AS is_erased,
    m.billable AS billable,
    m.category AS category
FROM
(
    SELECT
        tupleElement(token, 1) AS step,
        tupleElement(token, 2) AS name,
        anchor_day, message_id, status, seen, first_at, first_received_at, delivered_at, provider, connection_id, campaign,
        arrayDistinct(arrayFilter(p -> tupleElement(p, 2) != '', arrayConcat(
            identities,
            [('phone', line)],
            if(recipient_kind = 'phone', [], [(toString(recipient_kind), recipient)])
        ))) AS people,
        message_id IN (SELECT known_as FROM ${store}.erased_message) AS is_erased, billable, category
    FROM
    (
        SELECT
            anchor_day, message_id, status, seen, first_at, first_received_at, delivered_or_read_at AS delivered_at, provider,
            connection_id, campaign, billable, if(price_category = '', pricing, price_category) AS category,
            identities, line, recipient, recipient_kind,
            -- only names that a row has: of most messages nothing more is worked out
            arrayJoin(arrayFilter(name -> tupleElement(name, 2) IN
            (
${named}
            ), ${message_tokens})) AS token
        FROM ${store}.message_between(first_day = {first_day:Date}, last_day = {last_day:Date})
        WHERE account = {account:String}
    )
    LIMIT 17 BY name, step
) AS m
INNER ALL JOIN
(
    SELECT
        arrayJoin(${send_tokens}) AS name,
        toUInt16(indexOf({manifests:Array(String)}, manifest)) AS manifest_number,
        row,
        message_id != '' AS has_id,
        connection_id AS their_connection,
        sent_at,
        arrayDistinct(arrayConcat(own, known)) AS people
    FROM
    (
        SELECT
            account, manifest, row, message_id, reference, line, campaign, connection_id, template, sent_at,
            multiIf(line != '', ('phone', line), recipient_kind IN ('', 'phone'), ('', ''), (toString(recipient_kind), recipient)) AS named,
            if(tupleElement(named, 2) = '', [], [named]) AS own
        FROM ${store}.message_send FINAL
        WHERE account = {account:String} AND manifest IN {manifests:Array(String)} AND NOT is_deleted AND period = '' ${portion}
    ) AS given
    LEFT ALL JOIN
    (
        SELECT kind, value, tupleElement(assumeNotNull(max(p.known)), 3) AS known
        FROM ${store}.person AS p
        WHERE account = {account:String}
        GROUP BY kind, value
    ) AS person ON person.value = tupleElement(given.named, 2) AND person.kind = tupleElement(given.named, 1)
) AS s ON s.name = m.name
WHERE ${near}

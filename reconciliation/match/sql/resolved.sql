-- Every row of the manifests with what was found of it and its one class. Rows come in the order of the tables' keys, so that
-- neither the candidates of a row nor the rows are held as a whole.
INSERT INTO ${store}.reconciliation_difference
SELECT
    {account:String} AS account,
    {run:String} AS run,
    fromUnixTimestamp64Milli({made_ms:Int64}, 'UTC') AS made_at,
    multiIf(${classes}) AS class,
    s.manifest AS manifest,
    s.row AS row,
    s.anchor_day AS anchor_day,
    multiIf(s.is_found, s.ours, s.is_forgotten, '', s.message_id) AS message_id, -- whoever was forgotten is not kept by the run either
    s.role AS role,
    if(s.is_erased, '', s.reference) AS reference,
    if(s.candidates = 0, '', {steps:Array(String)}[s.step + 1]) AS found_by,
    s.candidates AS candidates,
    if(s.candidates BETWEEN 2 AND 16, s.ids, []) AS candidate_ids,
    s.differs AS differs,
    if(class = 'duplicate', s.first_row, 0) AS first_row,
    s.send AS send,
    ${place} AS place,
    s.sent_at AS sent_at,
    s.first_at AS first_at,
    s.delivered_at AS delivered_at,
    s.due_at AS due_at,
    s.their_status AS their_status,
    s.status AS status,
    s.seen AS seen,
    if(s.is_found, s.our_provider, s.provider) AS provider,
    s.their_connection AS their_connection,
    s.connection_id AS connection_id,
    s.their_campaign AS their_campaign,
    s.campaign AS campaign,
    s.billable AS billable,
    s.category AS category,
    s.their_category AS their_category,
    s.country AS country,
    s.amount_micros AS amount_micros,
    s.currency AS currency,
    multiIf(
        class NOT IN ('no_callback', 'not_yet_due'), '',
        h.status IN ('logout', 'disconnected'), toString(h.status),
        h.next_status IN ('logout', 'disconnected') AND h.lasted_until <= s.sent_at + INTERVAL 10 MINUTE, toString(h.next_status),
        u.bodies > 0, 'unmapped',
        '') AS cause,
    multiIf(
        cause IN ('', 'unmapped'), NULL,
        h.status IN ('logout', 'disconnected'), h.occurred_at,
        h.lasted_until) AS cause_from,
    multiIf(
        cause IN ('', 'unmapped'), NULL,
        h.status IN ('logout', 'disconnected'), h.lasted_until,
        h.next_until) AS cause_until,
    if(cause = 'unmapped', u.bodies, 0) AS cause_count,
    s.in_sends AS in_sends,
    s.candidates > 0 AS in_callbacks,
    s.in_provider AS in_provider,
    s.in_invoice AS in_invoice
FROM
(
    SELECT
        *,
        min(row) OVER (PARTITION BY send, manifest) AS first_row,
        ${in_sends} AS in_sends,
        ${in_provider} AS in_provider,
        ${in_invoice} AS in_invoice
    FROM
    (
${matched}
    )
) AS s
LEFT ASOF JOIN
(
    SELECT connection_id, occurred_at, status, lasted_until, next_status, next_until
    FROM
    (
        SELECT
            connection_id, occurred_at, status,
            leadInFrame(toNullable(occurred_at)) OVER later AS lasted_until,
            leadInFrame(toString(status)) OVER later AS next_status,
            leadInFrame(toNullable(occurred_at), 2) OVER later AS next_until
        FROM (SELECT * FROM ${store}.connection_event FINAL WHERE account = {account:String})
        WINDOW later AS (
            PARTITION BY connection_id ORDER BY occurred_at, indexOf(${connection_statuses}, status), event_id
            ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
        )
    )
) AS h ON h.connection_id = s.their_connection AND h.occurred_at <= s.asked_at
LEFT ALL JOIN
(
    SELECT arrayJoin([hour, hour - INTERVAL 1 HOUR]) AS hour, count() AS bodies
    FROM
    (
        SELECT toStartOfHour(received_at) AS hour FROM ${store}.webhook_set_aside FINAL
        WHERE account = {account:String} AND outcome = 'unmapped'
            AND at >= {first_day:Date} AND at < {last_day:Date} + 1
    )
    GROUP BY hour
) AS u ON u.hour = toStartOfHour(s.asked_at)

-- One row a send: what a sender, a panel or an invoice says was sent, and the class that the latest reconciliation of its manifest
-- gave it; '' where none compared it. Filter by account and manifest.
-- Example: SELECT class, count() FROM recibo.sends WHERE account = 'default' GROUP BY class
CREATE OR REPLACE VIEW ${views}.sends AS
SELECT
    s.account AS account,
    s.manifest AS manifest,
    s.row AS row,
    toString(s.role) AS role,
    s.version AS said_at,
    s.message_id AS message_id,
    s.reference AS reference,
    ${number(s.recipient)} AS recipient,
    toString(s.recipient_kind) AS recipient_kind,
    ${number(s.line)} AS line,
    s.connection_id AS connection_id,
    s.campaign AS campaign,
    s.template AS template,
    toString(s.provider) AS provider,
    s.sent_at AS sent_at,
    toString(s.status) AS their_status,
    s.status_text AS their_status_text,
    s.amount_micros AS amount_micros,
    toString(s.currency) AS currency,
    toString(s.category) AS category,
    toString(s.country) AS country,
    s.quantity AS quantity,
    toString(s.period) AS period,
    mapApply((name, value) -> (name, ${digits(value)}), s.tags) AS tags,
    -- Under join_use_nulls a send that none compared has NULLs.
    ifNull(toString(d.class), '') AS class,
    ifNull(toString(d.status), '') AS status,
    ifNull(d.found_id, '') AS found_id,
    d.due_at AS due_at,
    ifNull(d.run, '') AS run,
    d.made_at AS compared_at
FROM (SELECT * FROM ${store}.message_send FINAL WHERE NOT is_deleted) AS s
LEFT ALL JOIN
(
    SELECT account, manifest, row, class, status, if(anchor_day = toDate(0), '', message_id) AS found_id, due_at, run, toNullable(made_at) AS made_at
    FROM ${store}.reconciliation_difference
    WHERE row > 0 AND (account, manifest, run) IN
    (
        SELECT account, manifest, tupleElement(max((r.made_at, r.run)), 2)
        FROM ${store}.reconciliation_run AS r FINAL
        ARRAY JOIN JSONExtract(record, 'manifests', 'Array(Tuple(manifest String))').manifest AS manifest
        GROUP BY account, manifest
    )
) AS d ON d.account = s.account AND d.manifest = s.manifest AND d.row = s.row

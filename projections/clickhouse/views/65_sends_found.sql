-- One row a send that one of `texts` names: its message id, its reference, the text of one of its tags, or, in recibo_numbers alone,
-- its recipient. No more is read than what is found. Parameter: texts.
-- Example: SELECT account, message_id, tags FROM recibo.sends_found(texts = ['order-1001'])
CREATE OR REPLACE VIEW ${views}.sends_found AS
SELECT
    s.account AS account,
    s.manifest AS manifest,
    s.row AS row,
    toString(s.role) AS role,
    s.version AS said_at,
    s.message_id AS message_id,
    s.reference AS reference,
    s.campaign AS campaign,
    s.template AS template,
    s.sent_at AS sent_at,
    toString(s.status) AS their_status,
    mapApply((name, value) -> (name, ${digits(value)}), s.tags) AS tags
FROM
(
    SELECT * FROM ${store}.message_send FINAL
    WHERE (account, manifest, row) IN
    (
        SELECT account, manifest, row FROM ${store}.send_name
        WHERE name IN {texts:Array(String)} AND (found_by != 'recipient' OR ${finds_people})
    )
) AS s
-- A corrected send leaves the names it had.
WHERE NOT s.is_deleted
    AND (hasAny(arrayConcat([s.message_id, s.reference], mapValues(s.tags)), {texts:Array(String)})
        OR (${finds_people} AND hasAny([s.recipient, substring(s.line, 2)], {texts:Array(String)})))

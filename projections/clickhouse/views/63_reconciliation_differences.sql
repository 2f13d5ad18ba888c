-- One row a difference that a reconciliation found: rows of manifests that did not simply match or wait, and messages without a row
-- (class no_send, manifest ''). Filter by account and run.
-- Example: SELECT class, cause, count() FROM recibo.reconciliation_differences WHERE account = 'default' AND name = 'november' GROUP BY class, cause
CREATE OR REPLACE VIEW ${views}.reconciliation_differences AS
SELECT
    d.account AS account,
    r.name AS name,
    d.run AS run,
    d.made_at AS made_at,
    toString(d.class) AS class,
    toString(d.manifest) AS manifest,
    d.row AS row,
    toString(d.role) AS role,
    d.message_id AS message_id,
    d.anchor_day AS anchor_day,
    d.reference AS reference,
    toString(d.found_by) AS found_by,
    d.candidates AS candidates,
    d.candidate_ids AS candidate_ids,
    arrayMap(one -> toString(one), d.differs) AS differs,
    d.first_row AS first_row,
    toString(d.place) AS place,
    d.sent_at AS sent_at,
    d.first_at AS first_at,
    d.delivered_at AS delivered_at,
    d.due_at AS due_at,
    toString(d.their_status) AS their_status,
    toString(d.status) AS status,
    toString(d.provider) AS provider,
    d.their_connection AS their_connection,
    d.connection_id AS connection_id,
    d.their_campaign AS their_campaign,
    d.campaign AS campaign,
    toString(d.cause) AS cause,
    d.cause_from AS cause_from,
    d.cause_until AS cause_until,
    d.cause_count AS cause_count,
    d.in_sends AS in_sends,
    d.in_callbacks AS in_callbacks,
    d.in_provider AS in_provider,
    d.in_invoice AS in_invoice
FROM (SELECT * FROM ${store}.reconciliation_difference FINAL WHERE class NOT IN ('matched', 'not_yet_due')) AS d
INNER ALL JOIN (SELECT account, run, name FROM ${store}.reconciliation_run FINAL) AS r ON r.account = d.account AND r.run = d.run

-- One row a reconciliation, day (of the send, else of the message, in the run's time zone) and class: how many rows.
-- Example: SELECT day, class, rows FROM recibo.reconciliation_daily WHERE account = 'default' AND name = 'november' ORDER BY day
CREATE OR REPLACE VIEW ${views}.reconciliation_daily AS
SELECT
    account,
    name,
    run,
    made_at,
    toDate(tupleElement(one, 'name')) AS day,
    tupleElement(one, 'what') AS class,
    tupleElement(one, 'rows') AS rows
FROM
(
    SELECT account, name, run, made_at, arrayJoin(JSONExtract(record, 'days', 'Array(Tuple(name String, what String, rows UInt64))')) AS one
    FROM ${store}.reconciliation_run FINAL
)

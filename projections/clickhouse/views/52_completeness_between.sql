-- One row a partition of the raw log, of the records appended on some days: whether every one has exactly one outcome, and how
-- many offsets between the first and the last of them are missing. Parameters: since and until (UTC days, both included).
-- Nothing was lost where records_missing, without_outcome and with_several_outcomes are 0. Kind batch has no outcome.
-- Example: SELECT * FROM recibo.completeness_between(since = '2026-03-01', until = '2026-03-07')
CREATE OR REPLACE VIEW ${views}.completeness_between AS
SELECT
    log_partition,
    countIf(is_raw) AS records,
    countIf(is_raw AND kind = 'batch') AS whole_batches,
    countIf(is_raw AND kind != 'batch') AS to_process,
    minIf(log_offset, is_raw) AS first_offset,
    maxIf(log_offset, is_raw) AS last_offset,
    if(records = 0, 0, last_offset - first_offset + 1 - records) AS records_missing,
    countIf(is_raw AND kind != 'batch' AND outcomes = 0) AS without_outcome,
    countIf(outcomes > 1 OR (kind = 'batch' AND outcomes > 0)) AS with_several_outcomes,
    countIf(NOT is_raw) AS outcomes_without_record
FROM
(
    SELECT at, log_partition, log_offset, max(c.raw_kind) AS kind, max(c.is_raw) AS is_raw, sum(c.is_outcome) AS outcomes
    FROM
    (
        SELECT at, log_partition, log_offset, kind AS raw_kind, 1 AS is_raw, 0 AS is_outcome FROM ${store}.webhook_raw FINAL
        WHERE at >= {since:Date} AND at < {until:Date} + 1
        UNION ALL
        SELECT at, log_partition, log_offset, '', 0, 1 FROM ${views}.outcomes
        WHERE at >= {since:Date} AND at < {until:Date} + 1
    ) AS c
    GROUP BY at, log_partition, log_offset
)
GROUP BY log_partition
ORDER BY log_partition

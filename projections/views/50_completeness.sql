-- One row a partition of the raw log: whether every record has exactly one outcome, and which offsets are missing.
-- All zeros in records_missing, without_outcome and with_several_outcomes: nothing was lost. (Kind batch has no outcome.)
CREATE OR REPLACE VIEW ${views}.completeness AS
SELECT
    log_partition,
    count() AS records,
    countIf(kind = 'batch') AS whole_batches,
    countIf(kind != 'batch') AS to_process,
    min(log_offset) AS first_offset,
    max(log_offset) AS last_offset,
    last_offset - first_offset + 1 - records AS records_missing,
    countIf(kind != 'batch' AND outcomes = 0) AS without_outcome,
    countIf(outcomes > 1 OR (kind = 'batch' AND outcomes > 0)) AS with_several_outcomes
FROM
(
    SELECT log_partition, log_offset, max(raw_kind) AS kind, countIf(NOT is_raw) AS outcomes, max(is_raw) AS is_known
    FROM
    (
        SELECT at, log_partition, log_offset, kind AS raw_kind, true AS is_raw FROM ${store}.webhook_raw FINAL
        UNION ALL
        SELECT at, log_partition, log_offset, '', false FROM ${views}.outcomes
    )
    GROUP BY at, log_partition, log_offset
)
GROUP BY log_partition
ORDER BY log_partition

-- What completeness and its bounded twin select, of the records within a bound (none, or some days).
SELECT
    log_partition,
    countIf(is_raw) AS records,
    countIf(is_raw AND kind = 'batch') AS whole_batches,
    countIf(is_raw AND kind != 'batch') AS to_process,
    assumeNotNull(minIf(log_offset, is_raw)) AS first_offset,
    assumeNotNull(maxIf(log_offset, is_raw)) AS last_offset,
    if(records = 0, 0, last_offset - first_offset + 1 - records) AS records_missing,
    countIf(is_raw AND kind != 'batch' AND outcomes = 0) AS without_outcome,
    countIf(outcomes > 1 OR (kind = 'batch' AND outcomes > 0)) AS with_several_outcomes,
    countIf(NOT is_raw) AS outcomes_without_record
FROM
(
    SELECT at, log_partition, log_offset, assumeNotNull(max(c.raw_kind)) AS kind, assumeNotNull(max(c.is_raw)) AS is_raw, assumeNotNull(sum(c.is_outcome)) AS outcomes
    FROM
    (
        SELECT at, log_partition, log_offset, kind AS raw_kind, 1 AS is_raw, 0 AS is_outcome FROM ${store}.webhook_raw FINAL
        ${bound}
        UNION ALL
        SELECT at, log_partition, log_offset, '', 0, 1 FROM ${views}.outcomes
        ${bound}
    ) AS c
    GROUP BY at, log_partition, log_offset
)
GROUP BY log_partition
ORDER BY log_partition

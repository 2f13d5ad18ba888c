-- What completeness and its bounded twin select, of the records within a bound (none, or some days). Offsets are held as bitmaps by
-- hour and partition, which take few bytes whatever there is: a group a record would not fit into memory.
SELECT
    log_partition,
    assumeNotNull(sum(h.raws)) AS records,
    assumeNotNull(sum(h.batches)) AS whole_batches,
    toUInt64(records - whole_batches) AS to_process,
    assumeNotNull(minIf(h.least, h.raws > 0)) AS first_offset,
    assumeNotNull(maxIf(h.greatest, h.raws > 0)) AS last_offset,
    if(records = 0, 0, last_offset - first_offset + 1 - records) AS records_missing,
    assumeNotNull(sum(h.without)) AS without_outcome,
    assumeNotNull(sum(h.several)) AS with_several_outcomes,
    assumeNotNull(sum(h.strangers)) AS outcomes_without_record
FROM
(
    SELECT
        toStartOfHour(c.at, 'UTC') AS hour,
        log_partition,
        countIf(is_raw = 1) AS raws,
        countIf(is_raw = 1 AND raw_kind = 'batch') AS batches,
        minIf(log_offset, is_raw = 1) AS least,
        maxIf(log_offset, is_raw = 1) AS greatest,
        groupBitmapStateIf(log_offset, is_raw = 1) AS known,
        groupBitmapStateIf(log_offset, is_raw = 1 AND raw_kind != 'batch') AS asked,
        groupBitmapStateIf(log_offset, is_raw = 0) AS answered,
        bitmapAndnotCardinality(asked, answered) AS without,
        toUInt64(countIf(is_raw = 0) - bitmapCardinality(answered) + bitmapAndCardinality(answered, bitmapAndnot(known, asked))) AS several,
        bitmapAndnotCardinality(answered, known) AS strangers
    FROM
    (
        SELECT at, log_partition, log_offset, kind AS raw_kind, 1 AS is_raw FROM ${store}.webhook_raw FINAL
        ${bound}
        UNION ALL
        SELECT at, log_partition, log_offset, '', 0 FROM ${views}.outcomes
        ${bound}
    ) AS c
    GROUP BY hour, log_partition
) AS h
GROUP BY log_partition
ORDER BY log_partition

-- One row a reconciliation: what was compared, and what it came to.
-- Example: SELECT name, made_at, rows, differences FROM recibo.reconciliation_runs WHERE account = 'default' ORDER BY made_at DESC LIMIT 10
CREATE OR REPLACE VIEW ${views}.reconciliation_runs AS
SELECT
    account,
    run,
    name,
    made_at,
    by,
    rows,
    differences,
    fromUnixTimestamp64Milli(JSONExtractInt(record, 'as_of_ms'), 'UTC') AS as_of,
    JSONExtractString(record, 'time_zone') AS time_zone,
    if(JSONExtractInt(record, 'until_ms') = 0, NULL, toNullable(fromUnixTimestamp64Milli(JSONExtractInt(record, 'since_ms'), 'UTC'))) AS since,
    if(JSONExtractInt(record, 'until_ms') = 0, NULL, toNullable(fromUnixTimestamp64Milli(JSONExtractInt(record, 'until_ms'), 'UTC'))) AS until,
    JSONExtractString(record, 'interval_by') AS interval_by,
    JSONExtract(record, 'keys', 'Array(String)') AS keys,
    JSONExtract(record, 'manifests', 'Array(Tuple(manifest String))').manifest AS manifests
FROM ${store}.reconciliation_run FINAL

-- One row a partition of the raw log, of the records appended on some days: whether every one has exactly one outcome, and how
-- many offsets between the first and the last of them are missing. Parameters: time_zone (IANA name), since and until (days in
-- that zone, both included).
-- Nothing was lost where records_missing, without_outcome and with_several_outcomes are 0. Kind batch has no outcome.
-- Example: SELECT * FROM recibo.completeness_between(time_zone = 'America/Sao_Paulo', since = '2026-03-01', until = '2026-03-07')
CREATE OR REPLACE VIEW ${views}.completeness_between AS
${completeness_between}

-- One row a partition of the raw log: whether every record has exactly one outcome, and how many offsets are missing.
-- Nothing was lost where records_missing, without_outcome and with_several_outcomes are 0. Kind batch has no outcome.
-- Example: SELECT * FROM recibo.completeness
CREATE OR REPLACE VIEW ${views}.completeness AS
${completeness}

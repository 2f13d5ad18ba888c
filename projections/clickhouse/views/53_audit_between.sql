-- One row a record of the raw log, of the records appended on some days: as `audit`, with both sides of each join bounded.
-- Parameters: time_zone (IANA name), since and until (days in that zone of the append time, both included).
-- Example: SELECT * FROM recibo.audit_between(time_zone = 'America/Sao_Paulo', since = '2026-03-01', until = '2026-03-01')
CREATE OR REPLACE VIEW ${views}.audit_between AS
${audit_between}

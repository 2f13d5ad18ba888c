-- One row a record of the raw log: its dates, the HTTP status its request was answered, what became of it; and its payload, in
-- recibo_numbers alone. Filter by at (append time), for some hours: for whole days ask audit_between, which reads no more than is asked.
-- outcome is empty until the record is processed, and always for kind batch.
-- Example: SELECT * FROM recibo.audit WHERE at >= now() - INTERVAL 1 HOUR AND outcome = 'unmapped'
CREATE OR REPLACE VIEW ${views}.audit AS
${audit}

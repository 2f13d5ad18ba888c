-- One row a column of a view: what it means, and its unit.
-- Example: SELECT column, meaning FROM recibo.columns WHERE view = 'funnel'
CREATE OR REPLACE VIEW ${views}.columns AS
SELECT * FROM VALUES('view String, column String, meaning String', ${columns})

-- One row a column of a view: what it means, and its unit; and the parameters that the view is called with, all of them.
-- Example: SELECT column, meaning FROM recibo.columns WHERE view = 'funnel'
CREATE OR REPLACE VIEW ${views}.columns AS
SELECT * FROM VALUES('view String, column String, meaning String, parameters String', ${columns})

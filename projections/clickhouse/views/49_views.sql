-- One row a view: what a row of it is, the parameters it is called with, all of them, and an example.
-- Example: SELECT view, parameters, example FROM recibo.views
CREATE OR REPLACE VIEW ${views}.views AS
SELECT * FROM VALUES('view String, meaning String, parameters Array(String), example String', ${catalog})

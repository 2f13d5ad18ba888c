-- One row a view: what a row of it is, the parameters it is called with, all of them, and an example.
-- Example: SELECT view, parameters, example FROM recibo.views
CREATE OR REPLACE VIEW ${views}.views AS
SELECT tupleElement(v, 1) AS view, tupleElement(v, 2) AS meaning, tupleElement(v, 3) AS parameters, tupleElement(v, 4) AS example
FROM (SELECT arrayJoin([${catalog}]) AS v)

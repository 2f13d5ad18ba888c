-- One row a text of a tag and the class that its sends were last compared to: how many sends. Filter by account and tag.
-- Example: SELECT value, class, sends FROM recibo.send_tags WHERE account = 'default' AND tag = 'label' ORDER BY sends DESC
CREATE OR REPLACE VIEW ${views}.send_tags AS
SELECT
    account,
    manifest,
    tupleElement(pair, 1) AS tag,
    tupleElement(pair, 2) AS value,
    class,
    count() AS sends
FROM
(
    SELECT account, manifest, class, arrayJoin(arrayZip(mapKeys(tags), mapValues(tags))) AS pair FROM ${views}.sends
)
GROUP BY account, manifest, tag, value, class

-- One row a provider and error code that it documents, its own and those it passes on: the category, whether sending again may
-- help (never; later: the same message; changed: once what was wrong is changed) and after what, and what to do, in English
-- and Portuguese. from_page says whether a page was read for it; false: it is known otherwise.
-- Example: SELECT code, category, what_to_do_pt FROM recibo.causes WHERE provider = 'meta_cloud' AND retry = 'never'
CREATE OR REPLACE VIEW ${views}.causes AS
SELECT
    of.provider AS provider,
    own.code AS code,
    own.category AS category,
    own.meaning AS meaning,
    own.retry AS retry,
    multiIf(own.retry = 'never', '', own.after_en != '', own.after_en, kind.after_en) AS retry_after,
    multiIf(own.retry = 'never', '', own.after_pt != '', own.after_pt, kind.after_pt) AS retry_after_pt,
    if(own.do_en != '', own.do_en, kind.do_en) AS what_to_do,
    if(own.do_pt != '', own.do_pt, kind.do_pt) AS what_to_do_pt,
    own.from_page AS from_page
FROM (SELECT tupleElement(t, 1) AS provider, tupleElement(t, 2) AS whose, tupleElement(t, 3) AS place FROM (SELECT arrayJoin([${cause_tables}]) AS t)) AS of
INNER ALL JOIN (SELECT tupleElement(t, 1) AS whose, tupleElement(t, 2) AS code, tupleElement(t, 3) AS category, tupleElement(t, 4) AS meaning, tupleElement(t, 5) AS retry, tupleElement(t, 6) AS after_en, tupleElement(t, 7) AS after_pt, tupleElement(t, 8) AS do_en, tupleElement(t, 9) AS do_pt, tupleElement(t, 10) AS from_page FROM (SELECT arrayJoin([${causes}]) AS t)) AS own
    ON own.whose = of.whose
INNER ALL JOIN (SELECT tupleElement(t, 1) AS category, tupleElement(t, 2) AS after_en, tupleElement(t, 3) AS after_pt, tupleElement(t, 4) AS do_en, tupleElement(t, 5) AS do_pt FROM (SELECT arrayJoin([${cause_kinds}]) AS t)) AS kind
    ON kind.category = own.category
ORDER BY provider, code, of.place
LIMIT 1 BY provider, code

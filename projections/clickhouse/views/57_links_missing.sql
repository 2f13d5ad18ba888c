-- One row an id that leads to states of several groups: to be linked, and not linked yet. The projector looks for such and
-- links them every few minutes; none should stay. Ids cut for leading to too many states are not listed.
-- Parameters: since and until (UTC days, anchor_day, of one of the states, both included).
-- Example: SELECT * FROM recibo.links_missing(since = '2026-03-01', until = '2026-03-07')
CREATE OR REPLACE VIEW ${views}.links_missing AS
${links_missing}

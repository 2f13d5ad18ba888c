-- One row a message whose own day may be one of some days: by its anchor_day, and by the weeks that the rollup counted
-- messages of those days in, however late they were told of. Parameters: since and until, both included.
CREATE OR REPLACE VIEW ${store}.message_near AS
${message_near}

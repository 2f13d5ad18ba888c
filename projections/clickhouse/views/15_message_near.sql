-- One row a message whose own day may be one of some days, in whatever time zone: what views with since and until are made of.
-- A state begins at its message's own time or later: of the days after until, those are read on which one begins late enough.
-- Parameters: since and until, both included.
CREATE OR REPLACE VIEW ${store}.message_near AS
${message_near}

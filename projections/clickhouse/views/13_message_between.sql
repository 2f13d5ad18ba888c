-- One row a message whose anchor_day is one of some days: what views with since and until are made of. Both sides of every
-- join are bounded. Parameters: first_day and last_day, both included.
CREATE OR REPLACE VIEW ${store}.message_between AS
${message_between}

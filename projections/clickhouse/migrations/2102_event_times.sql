-- Events of some days are found by their own time: how long one waited in a spool, or how old a provider's time is, has no
-- bound that append time could be read with.

ALTER TABLE ${store}.message_event ADD INDEX IF NOT EXISTS by_occurred_at occurred_at TYPE minmax GRANULARITY 1;

ALTER TABLE ${store}.message_event MATERIALIZE INDEX by_occurred_at;

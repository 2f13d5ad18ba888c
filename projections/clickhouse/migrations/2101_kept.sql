-- What was kept for ever. Records that could not become rows hold payloads, and go when payloads go. A connection goes by its last
-- report, not by the day of its first: it lives for years. Every row of it is a whole state, so that an old one that goes takes
-- nothing along that a later one does not have.
ALTER TABLE ${store}.projection_set_aside MODIFY SETTING ttl_only_drop_parts = 1;

ALTER TABLE ${store}.connection_state MODIFY SETTING ttl_only_drop_parts = 1;

ALTER TABLE ${store}.projection_set_aside MODIFY TTL toDateTime(at) + INTERVAL 90 DAY;

ALTER TABLE ${store}.connection_state MODIFY TTL toDateTime(last_event_at) + INTERVAL 400 DAY;

ALTER TABLE ${store}.projection_set_aside MODIFY COMMENT 'Records the projections could not turn into rows; kept as long as payloads';

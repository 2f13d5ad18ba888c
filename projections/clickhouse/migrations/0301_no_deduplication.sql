-- The engine's deduplication is off. It notes a block as known before it puts the block's part in place: killed between
-- the two, it takes the retry for a repeat, and rows that are nowhere count as stored. Repeats are harmless without it:
-- every table replaces, or folds by key.
ALTER TABLE ${store}.webhook_request MODIFY SETTING non_replicated_deduplication_window = 0;
ALTER TABLE ${store}.webhook_raw MODIFY SETTING non_replicated_deduplication_window = 0;
ALTER TABLE ${store}.message_event MODIFY SETTING non_replicated_deduplication_window = 0;
ALTER TABLE ${store}.connection_event MODIFY SETTING non_replicated_deduplication_window = 0;
ALTER TABLE ${store}.webhook_set_aside MODIFY SETTING non_replicated_deduplication_window = 0;
ALTER TABLE ${store}.projection_set_aside MODIFY SETTING non_replicated_deduplication_window = 0;
ALTER TABLE ${store}.message_state MODIFY SETTING non_replicated_deduplication_window = 0;
ALTER TABLE ${store}.message_alias MODIFY SETTING non_replicated_deduplication_window = 0;
ALTER TABLE ${store}.message_link MODIFY SETTING non_replicated_deduplication_window = 0;
ALTER TABLE ${store}.connection_state MODIFY SETTING non_replicated_deduplication_window = 0;

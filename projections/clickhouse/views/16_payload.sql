-- One row a record of the raw log that came with some requests: the bytes as the provider posted them. Of the store: numbers
-- stand in the bytes, so that nobody is granted it with the views. Parameters: request_ids, since and until (append time).
CREATE OR REPLACE VIEW ${store}.payload DEFINER = CURRENT_USER SQL SECURITY DEFINER AS
SELECT at, log_partition, log_offset, request_id, event_index, kind, received_at, source, account, provider, content_type, payload
FROM ${store}.webhook_raw
WHERE request_id IN ({request_ids:Array(String)}) AND at >= {since:DateTime64(3, 'UTC')} AND at < {until:DateTime64(3, 'UTC')}
LIMIT 1 BY at, log_partition, log_offset

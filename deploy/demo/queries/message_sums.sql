SELECT count(), sum(seen), sum(toUnixTimestamp64Milli(last_received_at))
FROM ${store}.message_state FINAL
WHERE startsWith(message_id, ${run})

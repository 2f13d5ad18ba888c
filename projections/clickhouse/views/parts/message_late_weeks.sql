SELECT anchor_week FROM ${store}.message_slot
WHERE anchor_week > {until:Date} + ${margin} - 7
    AND slot >= toDateTime({since:Date} - 1, 'UTC') AND slot < toDateTime({until:Date} + 2, 'UTC')

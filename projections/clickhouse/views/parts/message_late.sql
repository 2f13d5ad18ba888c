SELECT greatest({until:Date} + 1, if(count() = 0, toDate(0), max(anchor_day))) FROM ${store}.message_state AS s
WHERE anchor_day > {until:Date} + 1 AND anchor_day <= {until:Date} + ${margin}
    AND ${earliest_told} < toDateTime({until:Date} + 2, 'UTC')

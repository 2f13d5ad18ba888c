-- On which days the messages stand whose ids the rows give, whatever time the rows say. One row; of none nothing was found.
SELECT count(), min(anchor_day), max(anchor_day)
FROM ${store}.alias_hash
WHERE id_hash IN
(
    SELECT halfMD5(concat(account, '/', message_id)) FROM ${store}.message_send FINAL
    WHERE account = {account:String} AND manifest IN {manifests:Array(String)} AND NOT is_deleted AND period = '' AND message_id != ''
)

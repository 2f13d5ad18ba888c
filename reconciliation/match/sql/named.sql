-- The names that rows give.
SELECT arrayJoin(${send_tokens}) FROM ${store}.message_send FINAL
WHERE account = {account:String} AND manifest IN {manifests:Array(String)} AND NOT is_deleted AND period = '' ${portion}

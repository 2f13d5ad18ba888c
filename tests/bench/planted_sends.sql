-- Rows of all messages of a span, of every 10,000 some in each of thirteen ways wrong; and the messages that share a reference.
INSERT INTO ${store}.message_send
    (account, manifest, row, role, version, message_id, reference, recipient, recipient_kind, line, connection_id, campaign, status, sent_at)
SELECT
    'acme', {manifest:String}, n + 1, 'sender', fromUnixTimestamp64Milli({now_ms:Int64}),
    multiIf(kind IN (0, 1), concat('none-', toString(n)), kind = 12, concat('gone-', toString(n)), kind IN (7, 8, 10), '', kind = 9 AND notEmpty(aliases), aliases[1], message_id),
    multiIf(kind IN (0, 1, 10, 12), '', kind = 8, concat('shared-', toString(n)), client_ref),
    recipient, 'phone',
    multiIf(kind = 4, '+5511900000000', kind IN (0, 1, 12), '', line),
    if(kind = 2, 'wrong', connection_id), if(kind = 3, 'wrong', campaign), if(kind = 5, 'expired', ''),
    if(kind = 1, fromUnixTimestamp64Milli({now_ms:Int64} - 3600000), first_at)
FROM
(
    SELECT *, rowNumberInAllBlocks() AS n, intDiv(modulo(n, 10000), 10) AS kind
    FROM (SELECT * FROM ${store}.message_between(first_day = {first:Date}, last_day = {last:Date})
        WHERE toUnixTimestamp64Milli(first_at) >= {since_ms:Int64} AND toUnixTimestamp64Milli(first_at) < {until_ms:Int64} ORDER BY first_at, message_id)
)
WHERE kind != 11
SETTINGS max_memory_usage = 8000000000;
INSERT INTO ${store}.message_send
    (account, manifest, row, role, version, message_id, reference, recipient, recipient_kind, line, connection_id, campaign, sent_at)
SELECT account, manifest, row + 1000000000, role, version, message_id, reference, recipient, recipient_kind, line, connection_id, campaign, sent_at
FROM ${store}.message_send WHERE intDiv(modulo(row - 1, 10000), 10) = 6;
INSERT INTO ${store}.message_state
    (account, anchor_day, message_id, anchor_at, last_event_at, first_at, first_received_at, last_received_at, seen, client_ref)
SELECT account, toDate(assumeNotNull(sent_at)), concat('bench-', part, reference), assumeNotNull(sent_at), assumeNotNull(sent_at), sent_at,
    assumeNotNull(sent_at), assumeNotNull(sent_at), 2, reference
FROM ${store}.message_send ARRAY JOIN ['a', 'b'] AS part WHERE startsWith(reference, 'shared-');
INSERT INTO ${store}.erased_message (known_as, salt, since)
SELECT concat('erased-', substring(lower(hex(SHA256(concat('bench', account, '/', message_id)))), 1, 32)), 'bench', now()
FROM ${store}.message_send WHERE startsWith(message_id, 'gone-');
INSERT INTO ${store}.message_state
    (account, anchor_day, message_id, anchor_at, last_event_at, first_at, first_received_at, last_received_at, seen)
SELECT account, toDate(assumeNotNull(sent_at)), concat('erased-', substring(lower(hex(SHA256(concat('bench', account, '/', message_id)))), 1, 32)),
    assumeNotNull(sent_at), assumeNotNull(sent_at), sent_at, assumeNotNull(sent_at), assumeNotNull(sent_at), 2
FROM ${store}.message_send WHERE startsWith(message_id, 'gone-');
SELECT planted, sum(rows) FROM
(
    SELECT
        multiIf(row > 1000000000, 'duplicate', kind = 0, 'no_callback', kind = 1, 'not_yet_due', kind = 2, 'connection_differs',
            kind = 3, 'campaign_differs', kind = 4, 'number_differs', kind = 5, 'status_differs', kind = 8, 'ambiguous',
            kind = 10, 'matched_weakly', kind = 12, 'erased', 'matched') AS planted, count() AS rows
    FROM (SELECT row, intDiv(modulo(row - 1, 10000), 10) AS kind FROM ${store}.message_send FINAL) GROUP BY planted
    UNION ALL
    -- messages that no row means: those left out, those whose row names no message, or two others
    SELECT 'no_send', count() FROM (SELECT rowNumberInAllBlocks() AS n, intDiv(modulo(n, 10000), 10) AS kind
        FROM ${store}.message_between(first_day = {first:Date}, last_day = {last:Date})
        WHERE toUnixTimestamp64Milli(first_at) >= {since_ms:Int64} AND toUnixTimestamp64Milli(first_at) < {until_ms:Int64}
            AND NOT startsWith(message_id, 'bench-') AND NOT startsWith(message_id, 'erased-') SETTINGS max_threads = 1)
    WHERE kind IN (0, 1, 11, 12)
)
GROUP BY planted ORDER BY planted

-- One row a record of the raw log, with what the processors make of it. Numbers ${first} to ${first} + ${count}.
-- Only the columns that are asked for are worked out.
SELECT
    toInt64(intDiv(number, ${slots})) AS block,
    toUInt8(number % ${slots} + 1) AS slot,
    ${message}[slot] AS place,
    block - ${partitions} * ${lag}[slot] AS message_block,
    multiIf(${kind}[slot] = 'other' AND block % ${connection_every} = 0, 'connection', message_block < 0, 'other', ${kind}[slot]) AS what,
    -- the raw record
    ${since_ms} + toInt64(number * ${step_ms}) AS at_ms,
    fromUnixTimestamp64Milli(at_ms, 'UTC') AS at,
    toUInt16(block % ${partitions}) AS log_partition,
    toUInt64(intDiv(block, ${partitions}) * ${slots} + slot - 1) AS log_offset,
    multiIf(what = 'connection', concat('acme/', connection_id), what IN ('event', 'repeat'), concat('acme/', message_id), request_id) AS key,
    -- its request: the records after ${singles} are the parts of one body, and the whole of it
    toUInt8(least(slot, ${singles} + 1)) AS request_slot,
    ${since_ms} + toInt64((block * ${slots} + request_slot - 1) * ${step_ms}) - toInt64(20 + cityHash64(block, request_slot) % 50) AS received_ms,
    fromUnixTimestamp64Milli(received_ms, 'UTC') AS received_at,
    concat(lower(hex(toUInt64(received_ms))), substring(lower(hex(sipHash128(block, request_slot))), 1, 20)) AS request_id,
    toInt32(multiIf(slot <= ${singles}, 0, what = 'batch', -1, slot - ${singles} - 1)) AS event_index,
    multiIf(slot <= ${singles}, 'single', what = 'batch', 'batch', 'part') AS kind,
    -- the message, the same in all its records
    message_block * ${block_messages} + place AS message,
    cityHash64(message) AS hash,
    concat('wppm-', leftPad(lower(hex(hash)), 16, '0')) AS message_id,
    concat('wppm-', leftPad(lower(hex(cityHash64(message + 1))), 16, '0')) AS next_message_id,
    place IN (8, 9) AND message_block % ${linked_every} = 0 AS is_linked,
    multiIf(is_linked AND place = 8, [next_message_id], place % 4 = 3, [concat('true_', lower(hex(sipHash128(message))))], []) AS aliases,
    concat('conn-', toString(if(what = 'connection', intDiv(block, ${connection_every}), hash) % 20)) AS connection_id,
    concat('55', toString(11 + hash % 80), '9', leftPad(toString(intDiv(hash, 80) % 100000000), 8, '0')) AS recipient,
    concat('order-', toString(message)) AS client_ref,
    concat('campaign-', toString(intDiv(message_block, 1000) % 40)) AS campaign,
    ${since_ms} + toInt64((message_block * ${slots} + if(place = ${overtaken}, ${overtaking_slot}, place)) * ${step_ms}) AS anchor_ms,
    fromUnixTimestamp64Milli(anchor_ms, 'UTC') AS anchor_at,
    toDate(anchor_at) AS anchor_day,
    -- the first of the two states of a linked message: what its group is named by
    arraySort(arrayMap(p -> (
        toDate(fromUnixTimestamp64Milli(${since_ms} + toInt64((message_block * ${slots} + if(p = ${overtaken}, ${overtaking_slot}, p)) * ${step_ms}), 'UTC')),
        concat('wppm-', leftPad(lower(hex(cityHash64(toInt64(message_block * ${block_messages} + p)))), 16, '0'))
    ), [8, 9]))[1] AS first_state,
    -- the event
    if(what = 'connection', ['connected', 'logout'][intDiv(block, 20 * ${connection_every}) % 2 + 1], ${status}[slot]) AS status,
    if(what = 'connection', lower(hex(sipHash128(block))), lower(hex(sipHash128(message, status)))) AS event_id,
    if(${late}[slot], 'filled', 'advanced') AS outcome,
    if(${late}[slot], message_block, block) AS occurred_block,
    fromUnixTimestamp64Milli(${since_ms} + toInt64((occurred_block * ${slots} + slot - 1) * ${step_ms})
        - toInt64(100 + cityHash64(occurred_block, slot) % 1900), 'UTC') AS occurred_at,
    multiIf(status = 'error', (toInt8(-30), 'media', '131052', 'Media download error'),
        status = 'number_not_found', (toInt8(-32), 'recipient_not_found', 'NUMBER_NOT_FOUND', 'Number not found'),
        (toInt8(0), '', '', '')) AS failure,
    ${seen}[slot] AS seen,
    (occurred_at, if(status = 'logout', ${logout_rank}, ${connected_rank}), event_id, status, '') AS latest,
    concat('{"event":"', status, '","event_id":"', event_id, '","message_id":"', message_id, '","connection_id":"', connection_id,
        '","occurred_at":', toString(toUnixTimestamp64Milli(occurred_at)), ',"to":"', recipient, '","client_ref":"', client_ref, '"}') AS payload
FROM numbers_mt(${first}, ${count})

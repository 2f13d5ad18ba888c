        SELECT
            s.*,
            -- one message, or none: where several may be meant, nothing of any of them is said of the row
            c.candidates AS candidates,
            c.step AS step,
            c.ids AS ids,
            c.candidates > 0 AND c.step >= {weak_from:UInt8} AS is_weak,
            c.candidates = 1 AS is_found,
            if(is_found, tupleElement(c.found[1], 'anchor_day'), toDate(0)) AS anchor_day,
            if(is_found, tupleElement(c.found[1], 'message_id'), '') AS ours,
            if(is_found, toString(tupleElement(c.found[1], 'status')), '') AS status,
            if(is_found, tupleElement(c.found[1], 'seen'), 0) AS seen,
            if(is_found, toNullable(tupleElement(c.found[1], 'first_at')), NULL) AS first_at,
            if(is_found, tupleElement(c.found[1], 'delivered_at'), NULL) AS delivered_at,
            if(is_found, toString(tupleElement(c.found[1], 'provider')), '') AS our_provider,
            if(is_found, tupleElement(c.found[1], 'connection_id'), '') AS connection_id,
            if(is_found, tupleElement(c.found[1], 'campaign'), '') AS campaign,
            if(is_found, tupleElement(c.found[1], 'billable'), NULL) AS billable,
            if(is_found, toString(tupleElement(c.found[1], 'category')), '') AS category,
            s.is_forgotten OR (is_found AND tupleElement(c.found[1], 'is_erased')) AS is_erased,
            arrayFilter(d -> d != '', [
                if(is_found AND tupleElement(c.found[1], 'number_differs'), 'number_differs', ''),
                if(s.their_connection != '' AND connection_id != '' AND s.their_connection != connection_id, 'connection_differs', ''),
                if(s.their_campaign != '' AND campaign != '' AND s.their_campaign != campaign, 'campaign_differs', ''),
                if(${status_differs}, 'status_differs', '')
            ]) AS differs,
            -- what makes rows of several manifests one send, and later rows of one manifest duplicates
            sipHash64Keyed(({key_first:UInt64}, {key_second:UInt64}), multiIf(
                is_found AND NOT is_weak, ('message', toString(anchor_day), ours),
                s.message_id != '', ('id', s.message_id, ''),
                s.own_key != '', ('key', s.own_key, ''),
                ('row', s.manifest, toString(s.row)))) AS send,
            s.asked_at + toIntervalMillisecond(transform(s.their_connection, {due_connections:Array(String)}, {due_after_ms:Array(Int64)}, {due_ms:Int64})) AS due_at
        FROM
        (
            SELECT
                manifest, toUInt16(indexOf({manifests:Array(String)}, manifest)) AS manifest_number, row, role, message_id, reference,
                sent_at, coalesce(sent_at, version) AS asked_at, status AS their_status, provider, connection_id AS their_connection,
                campaign AS their_campaign, category AS their_category, country, amount_micros, currency,
                ${own_key} AS own_key,
                ${stripped} OR (message_id != '' AND arrayExists(known -> known IN (${names_forgotten}), ${known_names})) AS is_forgotten
            FROM ${store}.message_send FINAL
            WHERE account = {account:String} AND manifest IN {manifests:Array(String)} AND NOT is_deleted AND period = ''
        ) AS s
        LEFT ALL JOIN
        (
            SELECT
                manifest_number, row, min(o.step) AS step,
                arrayFilter(f -> tupleElement(f, 'step') = step, groupUniqArray(CAST(
                    (o.step, anchor_day, message_id, status, seen, first_at, delivered_at, provider, connection_id, campaign,
                     billable, category, is_erased, number_differs),
                    ${found_type}))) AS found,
                toUInt16(length(found)) AS candidates,
                arraySort(arrayMap(f -> tupleElement(f, 'message_id'), found)) AS ids
            FROM ${store}.reconciliation_candidate AS o
            WHERE run = {run:String}
                -- a row that gives an id is not another row's message for the sake of a key they share
                AND (o.step < 2 OR NOT has_id OR (anchor_day, message_id) NOT IN (
                    SELECT anchor_day, message_id FROM ${store}.reconciliation_candidate AS taken WHERE run = {run:String} AND taken.step < 2))
                AND (o.step < {weak_from:UInt8} OR (anchor_day, message_id) NOT IN (
                    SELECT anchor_day, message_id FROM ${store}.reconciliation_candidate AS taken
                    WHERE run = {run:String} AND taken.step < {weak_from:UInt8}))
            GROUP BY manifest_number, row
        ) AS c ON c.manifest_number = s.manifest_number AND c.row = s.row

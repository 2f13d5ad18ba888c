-- The recipient that counts is the one whose kind says most of who it is: a number is never replaced by a lesser kind, as
-- schemas/identity.py has it. `recipient` (the greatest text) is written no more; rows that have it alone are read through
-- the default.

ALTER TABLE ${store}.message_state
    ADD COLUMN IF NOT EXISTS ranked_recipient SimpleAggregateFunction(max, Tuple(rank UInt8, number String, kind String))
        DEFAULT
        (
            toUInt8(if(tupleElement(recipient, 1) = '', 0, transform(tupleElement(recipient, 2), ['group', 'parent_bsuid', 'bsuid', 'lid', 'phone'], [1, 2, 3, 4, 5], 0))),
            tupleElement(recipient, 1),
            tupleElement(recipient, 2)
        )
        CODEC(ZSTD(1)) COMMENT 'Greatest of (how much its kind says, number or id, kind); rank 0: a kind that is not known';

-- A message is found by every name of its recipient.
ALTER TABLE ${store}.message_event ADD INDEX IF NOT EXISTS by_identity identities.value TYPE bloom_filter GRANULARITY 1;

ALTER TABLE ${store}.message_event MATERIALIZE INDEX by_identity;

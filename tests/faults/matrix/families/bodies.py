"""Rows about bodies that break parsers."""

from typing import Final

from tests.faults.matrix.row import Row, nodes

_HOSTILE: Final = nodes("integration/ingest/test_hostile", "hostile_requests_are_answered_as_specified")
_ANY: Final = nodes(
    "properties/test_providers", "any_json_is_read_without_an_error", "any_bytes_are_read_without_an_error"
)

ROWS: Final = (
    Row(
        "decompression bombs",
        "matrix 19",
        "gzip, deflate, zstd and brotli bodies of kilobytes that become a gigabyte",
        "refused at the limit, left unfinished",
        2,
        nodes("unit/ingest/test_request_body", "bombs_are_left_unfinished", "every_coding_is_undone_up_to_the_limit"),
    ),
    Row(
        "nesting 100,000 deep",
        "matrix 22",
        "bodies of brackets, among 5,000 hostile requests (100,000 by `make hostile`)",
        "never 5xx, never a crash, kept byte for byte where authentic",
        60,
        _HOSTILE,
    ),
    Row(
        "bad UTF-8, BOM, surrogates, NUL",
        "matrix 23",
        "odd bytes in every place, posted, and read by every provider's parser",
        "kept byte for byte, set aside, never an error",
        10,
        (
            *_HOSTILE,
            *_ANY,
            *nodes("unit/processors/test_understand", "undecodable_bytes_are_unmapped"),
            *nodes("integration/ingest/test_generated", "generated_bodies_are_kept"),
        ),
    ),
    Row(
        "NaN, 1e400, integers of 5,000 digits",
        "matrix 24",
        "odd numbers in every place, posted, and read by every provider's parser",
        "refused or set aside; ids stay text",
        10,
        (
            *_HOSTILE,
            *nodes("properties/test_providers", "a_sample_with_anything_in_any_place_is_read_without_an_error"),
        ),
    ),
    Row(
        "the same key twice in one object",
        "matrix 25",
        "an event whose id, status or message id is there twice with two values",
        "ingest and processors read the same one, and replay reads it again",
        1,
        nodes("faults/rows/test_twice_named", "the_key_and_the_fold_read_the_same_value"),
    ),
    Row(
        "poison",
        "matrix 14",
        "records that no ingest writes, a parser that raises, a record that ends the worker each time",
        "set aside with coordinate and why; the next records go on; a held key is re-driven by command",
        60,
        (
            *nodes("integration/processors/test_poison", "the_stream_goes_on"),
            *nodes("unit/processors/test_partition", "a_record_that_breaks_the_fold_is_held_at_the_third_time"),
            *nodes("integration/processors/test_quarantine_release", "release_appends_what_was_held_again"),
        ),
    ),
    Row(
        "stalls by odd bodies",
        "attack medium",
        "3 MB of empty statuses; a kilobyte of gzip that becomes 10,000 records",
        "other posts are answered meanwhile",
        5,
        nodes("integration/ingest/test_answers", "little_that_becomes_much_is_503"),
    ),
    Row(
        "10,000 shapes in one body",
        "core 22",
        "a body of 10,000 events, each with keys of its own",
        "other posts are answered meanwhile",
        5,
        nodes("unit/ingest/test_splitting", "ten_thousand_events_of_as_many_shapes_block_nobody"),
    ),
)

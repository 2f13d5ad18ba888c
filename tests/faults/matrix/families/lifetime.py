"""Rows about local stores, the log's identity, generations and clocks."""

from typing import Final

from tests.faults.matrix.row import Row, nodes

_STORE: Final = "unit/processors/test_store"
_STORES: Final = "integration/processors/test_stores"
_CLOCKS: Final = "faults/rows/test_clocks"

ROWS: Final = (
    Row(
        "flipped bytes in a store",
        "core 9",
        "bits flipped in RocksDB's files, at open and in use",
        "the store is rebuilt from its changelog, never read as shorter than it is",
        60,
        (
            *nodes(
                _STORE, "a_store_whose_bytes_rotted_is_built_again", "a_store_whose_first_bytes_rotted_begins_empty"
            ),
            *nodes("faults/rows/test_rotten_stores", "a_rotten_store_is_rebuilt_and_nothing_is_wrong"),
        ),
    ),
    Row(
        "lost disk",
        "matrix 2",
        "a worker's data directory deleted between two runs",
        "states are those of before; nothing is published again",
        30,
        nodes(_STORES, "restart_and_lost_disk", "a_store_behind_reads_the_tail_alone", "a_store_ahead_is_not_trusted"),
    ),
    Row(
        "offsets out of the log",
        "core 10",
        "the raw log cut behind the commit, or shorter than it",
        "refused with the remedy",
        20,
        nodes(_STORES, "offsets_out_of_the_log_are_refused", "another_partition_count_is_refused"),
    ),
    Row(
        "a recreated raw log",
        "core 10",
        "the raw topic deleted and made again, with local stores and tables kept",
        "refused: a recreated log needs a new generation; no state is destroyed",
        60,
        nodes("integration/operations/test_switch", "a_recreated_raw_log_is_refused_and_repaired"),
    ),
    Row(
        "the old generation comes back",
        "core 11",
        "processors and projections of generation 1 started after a switch to 2",
        "refused with a sentence that says what to do; no wrong fact enters a table",
        120,
        (
            *nodes("integration/operations/test_switch", "a_switch_killed_at_each_step_fences_the_old_generation"),
            *nodes("integration/operations/test_generation", "settings_of_before_a_repair_are_refused"),
        ),
    ),
    Row(
        "clocks a day off, or backwards",
        "matrix 13",
        "ingest under another clock, a day ahead, a day behind, and stepping back",
        "the same states; what is received is marked by its own clock",
        30,
        nodes(_CLOCKS, "an_ingest_whose_clock_is_a_day_off"),
    ),
    Row(
        "a broker clock that was ahead",
        "core 8",
        "the broker under another clock, two hours ahead, then right again",
        "processors go on; nothing waits for the clock",
        60,
        (
            *nodes(_CLOCKS, "a_broker_whose_clock_was_two_hours_ahead"),
            *nodes("integration/processors/test_broker_clock", "times_ahead_stop_nothing_and_delete_nothing"),
        ),
    ),
    Row(
        "a broker clock 46 days ahead",
        "core 8",
        "one record appended 50 days ahead, then the right time",
        "no state is swept; a repeat is still a repeat",
        30,
        (
            *nodes(_CLOCKS, "a_leap_of_the_log_sweeps_no_state"),
            *nodes("unit/processors/test_expiry", "a_leap_of_the_clock_is_no_reason_to_delete_everything"),
            *nodes(
                "unit/processors/test_sweep",
                "an_implausible_share_stops_the_sweep",
                "stream_time_is_not_ahead_of_our_clock",
            ),
        ),
    ),
    Row(
        "topics that appear by themselves",
        "core 21",
        "a cluster that creates what it is asked for",
        "no client of ours makes a topic by asking",
        10,
        nodes("contracts/test_topic_creation", "no_client_creates_a_topic_by_asking"),
    ),
    Row(
        "topics that are not as declared",
        "core 21",
        "another timestamp type, cleanup policy, partition count, retention or record size",
        "told, and refused at start where exactness depends on it",
        10,
        (
            *nodes("integration/operations/test_topics", "drift_is_told", "unequal_partition_counts_are_told"),
            *nodes("integration/ingest/test_topic_check", "topics_that_a_broker_made_by_itself_are_not_appended_to"),
        ),
    ),
    Row(
        "a killed repair, rebuild or archive",
        "matrix 2",
        "SIGKILL of the commands in the middle",
        "the next run goes on; nothing twice and nothing out",
        120,
        (
            *nodes("integration/operations/test_rebuild", "a_killed_command_goes_on"),
            *nodes("integration/operations/test_archive", "a_run_killed_anywhere_leaves_nothing_twice_and_nothing_out"),
        ),
    ),
)

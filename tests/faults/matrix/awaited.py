"""Tests that rows name and that are not here yet: they come with changes that are being made side by side.

A row is not held by what is missing. When all of these are here, this file and its use go.
"""

from typing import Final

from tests.faults.matrix.row import nodes

AWAITED: Final = frozenset(
    (
        *nodes(
            "unit/ingest/test_partition_sender",
            "what_is_appended_to_an_ended_sender_is_refused_at_once",
        ),
        *nodes(
            "integration/ingest/test_partition_away",
            "a_leader_away_spools_its_own_partitions_alone",
            "a_refused_record_is_kept_and_all_others_reach_the_log",
        ),
        *nodes(
            "unit/ingest/test_spool_faults",
            "a_partition_that_is_away_holds_up_no_other",
            "a_full_disk_leaves_neither_torn_records_nor_damaged_files",
            "a_stray_file_is_named_and_left_alone",
            "what_is_acknowledged_is_not_appended_again_where_it_cannot_be_deleted",
            "an_unreadable_segment_holds_up_no_other",
        ),
        *nodes("unit/ingest/test_spool_drain", "only_damaged_bytes_are_kept"),
        *nodes("integration/ingest/test_large_headers", "many_large_headers_at_once"),
        *nodes(
            "integration/ingest/test_refused_records",
            "a_large_record_is_found_and_all_others_are_in_the_log_once_in_order",
        ),
        *nodes("unit/cli/test_spreadsheet", "no_cell_begins_a_formula"),
        *nodes("unit/ingest/test_webhooks", "a_verify_token_cannot_be_guessed_without_limit"),
        *nodes("unit/ingest/test_splitting", "ten_thousand_events_of_as_many_shapes_block_nobody"),
        *nodes("unit/providers/test_redaction", "a_credential_is_taken_out_however_it_is_written"),
        *nodes("integration/processors/test_broker_clock", "times_ahead_stop_nothing_and_delete_nothing"),
        *nodes("integration/processors/test_quarantine", "a_held_key_waits_wherever_its_partition_goes"),
        *nodes("properties/test_fold", "an_overflow_moves_the_horizon"),
        *nodes("unit/processors/test_expiry", "a_leap_of_the_clock_is_no_reason_to_delete_everything"),
        *nodes(
            "unit/processors/test_sweep",
            "an_implausible_share_stops_the_sweep",
            "stream_time_is_not_ahead_of_our_clock",
        ),
        *nodes("unit/processors/test_hot_states", "large_states_leave_for_their_bytes"),
        *nodes("unit/processors/test_partition", "a_record_that_breaks_the_fold_is_held_at_the_third_time"),
        *nodes("faults/processors/test_kafka_away", "the_worker_waits_for_kafka"),
        *nodes(
            "integration/operations/test_switch",
            "a_switch_killed_at_each_step_fences_the_old_generation",
            "a_recreated_raw_log_is_refused_and_repaired",
        ),
        *nodes("integration/operations/test_generation", "settings_of_before_a_repair_are_refused"),
        *nodes("integration/processors/test_versions", "a_mapping_that_changes_changes_no_event_id"),
        *nodes("integration/ingest/test_topic_check", "topics_that_a_broker_made_by_itself_are_not_appended_to"),
        *nodes("integration/relay/test_log_readers", "a_log_that_comes_later_and_grows_is_read_from_its_first_record"),
        *nodes("integration/projections/test_aliases", "messages_that_share_an_alias_are_one"),
    )
)

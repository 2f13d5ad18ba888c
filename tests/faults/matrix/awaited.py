"""Tests that rows name and that are not here yet: they come with changes that are being made side by side.

A row is not held by what is missing. When all of these are here, this file and its use go.
"""

from typing import Final

from tests.faults.matrix.row import nodes

AWAITED: Final = frozenset(
    (
        *nodes(
            "integration/operations/test_switch",
            "a_switch_killed_at_each_step_fences_the_old_generation",
            "a_recreated_raw_log_is_refused_and_repaired",
        ),
        *nodes("integration/operations/test_generation", "settings_of_before_a_repair_are_refused"),
        *nodes("integration/processors/test_versions", "a_mapping_that_changes_changes_no_event_id"),
        *nodes("integration/ingest/test_topic_check", "topics_that_a_broker_made_by_itself_are_not_appended_to"),
    )
)

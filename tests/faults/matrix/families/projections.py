"""Rows about the way from topics to tables."""

from typing import Final

from tests.faults.matrix.row import Row, nodes

_FAULTS: Final = "integration/projections/test_faults"

ROWS: Final = (
    Row(
        "projector killed",
        "matrix 3",
        "SIGKILL of a projector in the middle of its work",
        "each record is one row, counts exact",
        20,
        nodes("integration/projections/test_projector", "rows_follow_records_and_survive_a_kill"),
    ),
    Row(
        "projectors and engine killed at random",
        "matrix 3, 9",
        "SIGKILL of projectors and engine, inserts that fail, an engine away (`--rounds`, `--from`)",
        "every message and count exact",
        90,
        nodes("faults/projections/test_crash_projections", "kills_and_failing_inserts_leave_no_difference"),
    ),
    Row(
        "engine away",
        "matrix 8",
        "a proxy that refuses connections while rows wait",
        "waited for and said; the rows go in afterwards; a stop is heard",
        5,
        nodes(_FAULTS, "an_engine_that_is_away_is_waited_for", "a_stop_is_heard_while_the_engine_is_away"),
    ),
    Row(
        "inserts that fail",
        "matrix 7, 9",
        "a proxy: cut before, during and after, answered 500, stalled, delivered twice, delayed",
        "every number exact",
        60,
        nodes(_FAULTS, "each_fault_leaves_every_number_exact", "many_faults_in_any_order_leave_every_number_exact"),
    ),
    Row(
        "records that cannot be rows",
        "matrix 14",
        "unreadable bytes, numbers that no column holds",
        "kept with why; all others become rows; too many stop the lane",
        5,
        nodes(_FAULTS, "a_record_that_cannot_be_a_row_is_set_aside", "too_many_refusals_stop_the_lane"),
    ),
    Row(
        "rows inserted again",
        "core 1",
        "every batch inserted twice, with no deduplication at all",
        "every number exact",
        20,
        nodes(
            "integration/projections/test_traps",
            "batches_inserted_again_in_overlapping_halves_change_nothing",
            "the_engine_is_never_asked_to_know_a_repeat",
        ),
    ),
    Row(
        "the same id in two accounts",
        "matrix 34",
        "the same message ids, aliases and references in two accounts",
        "two messages, one an account; no value of one in the other",
        5,
        nodes(
            "integration/projections/test_aliases",
            "the_same_id_in_another_account_is_another_message",
            "messages_that_share_an_alias_are_one",
        ),
    ),
)

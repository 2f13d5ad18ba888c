"""Rows about what is true of a message, whatever order and however often its events come."""

from typing import Final

from tests.faults.matrix.row import Row, nodes

_KILLS: Final = "faults/processors/test_kills"
_FOLD: Final = "properties/test_fold"
_NAIVE: Final = "differential/test_against_naive"

ROWS: Final = (
    Row(
        "worker killed at every step",
        "matrix 2",
        "SIGKILL at each named point: before and after state, outputs, store, acknowledgement, commit",
        "states, outcomes, values and commits are those of the truth",
        60,
        nodes(_KILLS, "killed_once_at_every_point"),
    ),
    Row(
        "worker killed at random",
        "matrix 2",
        "SIGKILL at random, with lost disks and leaps over the horizon (`--rounds`, `--from`)",
        "states, outcomes, values and commits are those of the truth",
        60,
        nodes(_KILLS, "killed_at_random"),
    ),
    Row(
        "every part of the line killed",
        "matrix 1, 2, 3, 4, 9",
        "SIGKILL of ingest, processors, projections, broker and engine, each in the middle of traffic",
        "the ledger is exact",
        120,
        nodes("faults/line/test_kills", "nothing_is_lost_or_counted_twice"),
    ),
    Row(
        "any order",
        "matrix 11",
        "all 8! orders of a message's statuses; random orders, repeats and groupings",
        "the same state; a status never goes down",
        20,
        (
            *nodes(
                "properties/test_message_state",
                "every_order_of_the_eight_statuses",
                "order_does_not_matter",
                "repeats_do_not_matter",
                "grouping_does_not_matter",
                "a_status_never_goes_down",
            ),
            *nodes(_FOLD, "message_facts_need_no_order", "connection_facts_need_no_order", "status_never_falls"),
        ),
    ),
    Row(
        "replayed from any place",
        "matrix 2",
        "batches cut and replayed anywhere",
        "each outcome again as it was",
        10,
        nodes("properties/test_replay", "replay_repeats_every_outcome"),
    ),
    Row(
        "a second opinion of the fold",
        "core 1 to 15",
        "hostile traffic through the fold and through a naive one written from the design alone (`--rounds`, `--from`)",
        "the same events, outcomes and states",
        5,
        nodes(_NAIVE, "topics_are_those_of_the_naive_one"),
    ),
    Row(
        "an event that one source leaves out",
        "core 1 to 15",
        "one event told by a source that left its status out and by one that selects it, in every order, batched and replayed anywhere",
        "published once, at the first record whose source selects it",
        10,
        (
            *nodes(_NAIVE, "an_event_left_out_is_published_where_it_is_selected"),
            *nodes(
                _FOLD,
                "which_events_are_published_needs_no_order",
                "a_later_selection_says_what_the_first_would_have_been",
            ),
            *nodes("properties/test_connection_ring", "a_replay_repeats_every_outcome"),
        ),
    ),
    Row(
        "a second opinion of the whole line",
        "core 1 to 15",
        "the demo's and hostile traffic through the real line; the naive one reads the same raw log",
        "the same topics and tables",
        60,
        nodes(_NAIVE, "the_line_is_that_of_the_naive_one"),
    ),
    Row(
        "rebalance under load",
        "matrix 12",
        "workers killed and added while records flow",
        "nothing lost or doubled, no partition left alone",
        60,
        nodes("integration/processors/test_several_workers", "killed_and_added_under_load"),
    ),
    Row(
        "paused past its session",
        "matrix 12",
        "SIGSTOP of a worker for longer than its session, another takes over, SIGCONT",
        "the late writer changes nothing",
        60,
        nodes("integration/processors/test_paused_worker", "paused_past_its_session"),
    ),
    Row(
        "the proof proves",
        "matrix 1 to 12",
        "workers with a known fault: an early commit, a dropped output, a doubled row",
        "the harness finds each",
        90,
        nodes("faults/processors/test_mutants", "mutant_is_caught"),
    ),
    Row(
        "overflow",
        "core 7",
        "more distinct events of one message than its journal lists",
        "facts are folded, outcome `overflow`, the same on replay",
        3,
        nodes(_FOLD, "a_full_journal_keeps_the_facts", "an_overflow_moves_the_horizon"),
    ),
    Row(
        "a connection's 65th report",
        "core 7",
        "500 distinct reports of one connection",
        "each is published, once; the latest counts",
        2,
        (
            *nodes("faults/rows/test_connection_reports", "five_hundred_reports_of_one_connection"),
            *nodes(
                "properties/test_connection_ring",
                "every_distinct_report_is_published",
                "there_is_no_horizon",
                "a_replay_repeats_every_outcome",
            ),
        ),
    ),
    Row(
        "a connection that was silenced",
        "core 7",
        "a log of 500 reports folded by the version that silenced them, then `recibo repair`",
        "every report is there",
        60,
        nodes("integration/operations/test_repair_connections", "reports_silenced_by_a_full_journal_come_back"),
    ),
    Row(
        "a stale lane submits itself",
        "core 12",
        "a batch with rewrites that is stale when it ends",
        "nothing more is submitted from it",
        1,
        nodes("unit/processors/test_lane", "a_stale_lane_submits_nothing_of_its_own"),
    ),
    Row(
        "a held key whose partition moves",
        "core 13",
        "a key held by one worker, its partition given to another",
        "the other holds it as well; each coordinate has one outcome",
        30,
        nodes("integration/processors/test_quarantine", "a_held_key_waits_wherever_its_partition_goes"),
    ),
    Row(
        "a mapping changed while a generation runs",
        "core 15",
        "a mapping changed between a fold and its replay",
        "the replay uses the version of the record",
        20,
        nodes("integration/processors/test_versions", "a_mapping_that_changes_changes_no_event_id"),
    ),
)

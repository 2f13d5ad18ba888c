"""Rows about the local engine: what it says it stored, and what its callers may do."""

from typing import Final

from tests.faults.matrix.row import Row, nodes

_PROCESS: Final = "integration/deploy/test_local_clickhouse_process"
_CALLERS: Final = "integration/deploy/test_local_clickhouse_callers"
_KILLED: Final = "faults/rows/test_engine_system_calls"

ROWS: Final = (
    Row(
        "engine killed mid-insert",
        "matrix 9",
        "SIGKILL at a random moment of 200 inserts",
        "every acknowledged insert is in the table",
        15,
        nodes(_PROCESS, "an_acknowledged_insert_survives_a_killed_server"),
    ),
    Row(
        "engine killed between log and rename",
        "core 1",
        "strace ends it at the first rename of an insert; the same insert again",
        "the rows are there after the second",
        15,
        nodes(
            "integration/projections/test_killed_engine", "a_kill_between_two_system_calls_of_an_insert_loses_no_row"
        ),
    ),
    Row(
        "engine killed between two system calls",
        "core 1",
        "strace ends it at the n-th write, fsync, rename or link of an insert (`--rounds`, `--from`)",
        "an acknowledged insert is there, one made again is there once folded",
        60,
        nodes(_KILLED, "killed_at_any_system_call"),
    ),
    Row(
        "engine's disk full",
        "attack C1",
        "the engine's directory on a small tmpfs, inserts until it is full",
        "rows of every insert answered 200 are in the table",
        15,
        nodes(_PROCESS, "a_full_disk_loses_no_acknowledged_row", "an_insert_that_is_not_stored_is_an_error"),
    ),
    Row(
        "engine's disk answers EIO",
        "attack C1",
        "strace fails its fdatasync, rename and mkdir with EIO",
        "rows of every insert answered 200 are in the table, the others are errors",
        15,
        nodes("faults/rows/test_engine_disks", "a_disk_that_fails"),
    ),
    Row(
        "flipped bytes in a part",
        "core 9",
        "a bit flipped in a column's file",
        "a query that reads it is an error, never another number",
        10,
        nodes("faults/rows/test_engine_disks", "a_flipped_byte_in_a_part_is_an_error"),
    ),
    Row(
        "damaged metadata",
        "attack medium",
        "bytes of the engine's metadata overwritten; the stack started",
        "intake starts and answers 204 all the same; the remedy is named",
        30,
        (
            *nodes("faults/rows/test_damaged_metadata", "intake_does_not_wait_for_the_engine"),
            *nodes("e2e/test_up", "intake_goes_on_without_the_engine"),
        ),
    ),
    Row(
        "files and networks through the engine",
        "attack C2",
        "table functions, paths as tables, SYSTEM, a GET that makes itself writable, web pages",
        "refused",
        15,
        nodes(
            _CALLERS,
            "callers_reach_no_file_and_no_network",
            "a_get_cannot_make_itself_writable",
            "web_pages_are_refused",
        ),
    ),
    Row(
        "the engine's port without a password",
        "attack C2",
        "a query without, and with a wrong password",
        "refused",
        5,
        nodes(_CALLERS, "the_port_asks_for_the_password", "our_commands_find_the_password_of_their_own_engine_only"),
    ),
    Row(
        "a reader's settings",
        "numbers 0",
        "each view under each of 20 settings that analysts and BI tools set, alone and all at once, `readonly` 0, 1 and 2",
        "equal rows",
        900,
        nodes(
            "integration/projections/test_hostile_settings",
            "every_view_says_the_same_under_any_settings",
            "every_view_says_the_same_under_each_setting",
        ),
    ),
    Row(
        "SQL in values",
        "matrix 33",
        "values that end a literal and begin a statement",
        "bound by the server; readers change nothing",
        3,
        nodes(
            "integration/deploy/test_local_clickhouse", "parameters_are_bound_by_the_server", "a_get_changes_nothing"
        ),
    ),
)

"""Rows about configuration, long-lived tasks, kinds of error and what is installed."""

from typing import Final

from tests.faults.matrix.row import Row, nodes

_FILES: Final = "unit/runtime/test_files"
_PROCESSES: Final = "integration/ingest/test_processes"

ROWS: Final = (
    Row(
        "configuration in another encoding",
        "core 18",
        "recibo.toml and secrets saved as Latin-1",
        "refused with a sentence by every process; running ones keep the old",
        5,
        (
            *nodes(_FILES, "sources_that_cannot_be_read_are_a_configuration_error"),
            *nodes("unit/runtime/test_wrong_settings", "sources_that_cannot_be_read_are_refused"),
        ),
    ),
    Row(
        "configuration half-written",
        "attack H3",
        "recibo.toml emptied or cut while it is being written",
        "the old sources stay",
        5,
        (
            *nodes("unit/runtime/test_watched_files", "a_file_that_is_being_written_is_waited_for"),
            *nodes(
                "integration/ingest/test_configuration",
                "bad_file_is_refused_and_the_old_one_stays",
                "a_file_that_lost_its_sources_is_refused",
            ),
            *nodes("unit/ingest/test_sources", "losing_most_sources_must_be_meant"),
        ),
    ),
    Row(
        "planted links",
        "attack low",
        "a link at the lock's or the file's place",
        "not followed, not written through",
        1,
        nodes(_FILES, "a_planted_link_is_not_written_through", "a_lock_follows_no_link"),
    ),
    Row(
        "a task dies",
        "core 16",
        "a long-lived task ends by an error",
        "what depends on it ends with it, loudly",
        5,
        (
            *nodes("unit/runtime/test_tasks", "an_end_that_nobody_asked_for_is_a_death"),
            *nodes("unit/processors/test_dead_task", "it_ends_the_worker_with_a_code"),
            *nodes(_PROCESSES, "a_dead_task_ends_the_process_after_draining"),
        ),
    ),
    Row(
        "a supervisor dies",
        "core 20",
        "SIGKILL of the supervisor of ingest's and the processors' workers",
        "the workers end; port, spool and stores are free",
        15,
        (
            *nodes(_PROCESSES, "a_killed_supervisor_takes_its_workers_along"),
            *nodes("integration/processors/test_supervisor", "a_killed_supervisor_takes_its_workers_along"),
        ),
    ),
    Row(
        "errors without a kind",
        "core 24",
        "the lists of errors of the Kafka client, the engine and the system",
        "each is away, refused or a bug, decided in one place",
        2,
        nodes(
            "contracts/test_kinds_of_error",
            "every_error_of_the_kafka_client_has_a_kind",
            "every_code_of_the_engine_was_looked_at",
        ),
    ),
    Row(
        "a worker while Kafka is away",
        "core 24",
        "the broker away for longer than a client's own timeouts",
        "the worker waits, keeps its caches, and goes on",
        60,
        nodes("faults/processors/test_kafka_away", "the_worker_waits_for_kafka"),
    ),
    Row(
        "hot states without a bound",
        "core 23",
        "many states with full journals",
        "bounded by bytes, not by count",
        3,
        nodes("unit/processors/test_hot_states", "large_states_leave_for_their_bytes"),
    ),
    Row(
        "what is installed",
        "matrix 37",
        "lock files, image, compose file and bill of materials, read",
        "everything pinned by hash and listed; images by digest; no default password, no privileges",
        3,
        (
            *nodes("unit/deploy/test_requirements", "everything_is_pinned_by_hash"),
            *nodes("unit/deploy/test_bill_of_materials", "every_locked_package_is_named_with_its_hashes"),
            *nodes("unit/deploy/test_compose_hardening", "no_password_has_a_default"),
        ),
    ),
)

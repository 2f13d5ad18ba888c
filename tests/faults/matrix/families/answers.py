"""Rows about what an answer 2xx promises, whatever happens to ingest, to Kafka and to the way between them."""

from typing import Final

from tests.faults.matrix.row import Row, nodes

_OUTAGE: Final = "integration/ingest/test_outage"
_WAY: Final = "faults/rows/test_way_to_kafka"

ROWS: Final = (
    Row(
        "ingest killed",
        "matrix 1",
        "SIGKILL under load, while Kafka takes records, is away, or is paused",
        "every event answered 2xx is in the log, under one request id",
        40,
        nodes(_OUTAGE, "ingest_killed_under_load", "ingest_killed_in_an_outage"),
    ),
    Row(
        "ingest killed between two system calls",
        "matrix 1",
        "strace ends it at a seeded write, fdatasync, rename or send",
        "every event answered 2xx is in the log, under one request id",
        40,
        nodes("faults/rows/test_ingest_system_calls", "killed_between_two_system_calls"),
    ),
    Row(
        "broker away",
        "matrix 4",
        "SIGKILL of the broker for seconds of load, then started again",
        "every post is answered 204 from the synced spool, which drains",
        15,
        nodes(_OUTAGE, "kafka_away_under_load"),
    ),
    Row(
        "broker paused",
        "matrix 6",
        "SIGSTOP of the broker under load",
        "median answer within 250 ms, nobody waits much longer than the deadline, nothing lost",
        15,
        nodes(_OUTAGE, "kafka_paused_under_load"),
    ),
    Row(
        "broker slow",
        "matrix 6",
        "a proxy that delays every packet by 100 ms to 1 s",
        "every event answered 2xx is in the log; no answer waits longer than the deadline and a margin",
        15,
        nodes(_WAY, "a_slow_way_to_kafka"),
    ),
    Row(
        "connections to the broker cut",
        "matrix 7",
        "a proxy that resets connections in the middle of requests and answers, and cuts packets into pieces",
        "every event answered 2xx is in the log, under one request id",
        15,
        nodes(_WAY, "cut_connections"),
    ),
    Row(
        "one record that the broker refuses",
        "core 2",
        "a topic whose records may be 100 kB, posts over and under it at the same time",
        "no healthy post waits or is refused for it; it is set aside where an operator sees it; the spool drains",
        20,
        (
            *nodes(_WAY, "a_record_that_the_broker_refuses"),
            *nodes("integration/ingest/test_partition_away", "a_refused_record_is_kept_and_all_others_reach_the_log"),
            *nodes("integration/ingest/test_large_headers", "many_large_headers_at_once"),
            *nodes(
                "integration/ingest/test_refused_records",
                "a_large_record_is_found_and_all_others_are_in_the_log_once_in_order",
            ),
        ),
    ),
    Row(
        "appended to a dead sender",
        "core 3",
        "a sender's task ends by a bug, then further posts",
        "every post is answered; nobody waits for ever",
        1,
        nodes("unit/ingest/test_partition_sender", "what_is_appended_to_an_ended_sender_is_refused_at_once"),
    ),
    Row(
        "one slow partition",
        "core 14",
        "the leader of one partition is away",
        "posts of other partitions go to Kafka; the drain appends no record again that was acknowledged",
        10,
        (
            *nodes("integration/ingest/test_partition_away", "a_leader_away_spools_its_own_partitions_alone"),
            *nodes("unit/ingest/test_spool_faults", "a_partition_that_is_away_holds_up_no_other"),
        ),
    ),
    Row(
        "the same post a hundred times",
        "matrix 10",
        "100 concurrent posts of one event, through the whole line",
        "100 records, one event, 99 repeats, one message",
        20,
        nodes("faults/rows/test_line", "the_same_post_a_hundred_times"),
    ),
    Row(
        "SIGTERM under load",
        "matrix 15",
        "SIGTERM while posts are in flight",
        "what is in flight is answered; it ends within 10 s; nothing lost",
        5,
        nodes(_OUTAGE, "sigterm_answers_what_is_in_flight"),
    ),
    Row(
        "neither Kafka nor spool",
        "matrix 5",
        "the broker away and a full spool",
        "503 with Retry-After; what was answered 2xx is kept",
        3,
        (
            *nodes("integration/ingest/test_answers", "neither_kafka_nor_spool_is_503_with_retry_after"),
            *nodes("unit/ingest/test_spool", "full_spool_refuses_and_keeps_what_it_has"),
        ),
    ),
)

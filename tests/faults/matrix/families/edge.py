"""Rows about connections and requests of strangers."""

from typing import Final

from tests.faults.matrix.row import Row, nodes

_CONNECTIONS: Final = "integration/ingest/test_connections"
_FRAMING: Final = "integration/ingest/test_framing"

ROWS: Final = (
    Row(
        "fifty megabytes, chunked",
        "matrix 18",
        "a chunked body of 50 MB",
        "413 early, memory bounded",
        3,
        nodes(_CONNECTIONS, "fifty_megabytes_are_413_in_bounded_memory"),
    ),
    Row(
        "slow senders",
        "matrix 20",
        "connections that send headers, bodies or nothing, slowly",
        "closed in time, others are served",
        12,
        nodes(
            _CONNECTIONS,
            "slow_headers_are_closed_and_others_served",
            "silent_connection_is_closed",
            "slow_body_is_408",
            "empty_lines_hold_no_connection",
            "client_that_does_not_read_is_closed",
            "who_is_idle_makes_room",
        ),
    ),
    Row(
        "smuggling, header floods",
        "matrix 21",
        "raw sockets: two lengths, odd codings, bare LF, floods of headers",
        "400 or 431, and closed",
        5,
        (
            *nodes(_FRAMING, "smuggling_shapes_are_refused", "malformed_request_lines_are_400"),
            *nodes(_CONNECTIONS, "header_floods_are_431"),
        ),
    ),
    Row(
        "wrong method or type",
        "matrix 26",
        "requests generated from the contract; other methods and content types",
        "405, 415, never 5xx",
        20,
        (
            *nodes("integration/ingest/test_answers", "wrong_method_is_405", "wrong_content_type_or_coding_is_415"),
            *nodes("integration/ingest/test_generated", "generated_from_the_contract"),
        ),
    ),
    Row(
        "memory by trailers",
        "attack C3",
        "endless header lines behind a chunked body",
        "refused; memory bounded",
        4,
        nodes(_FRAMING, "endless_trailers_take_no_memory"),
    ),
    Row(
        "memory by pipelining",
        "attack C4",
        "thousands of requests on one connection before the first is answered",
        "closed at a bounded number; memory bounded",
        4,
        nodes(_FRAMING, "pipelined_requests_are_bounded"),
    ),
    Row(
        "trailers that prove something",
        "attack H1",
        "forwarding and certificate headers behind the body, through a trusted proxy",
        "refused, never believed",
        2,
        nodes(_FRAMING, "a_trailer_cannot_prove_anything", "headers_behind_the_body_are_refused"),
    ),
    Row(
        "one stranger crowds out the genuine",
        "attack H2",
        "thousands of idle and of half-sent requests from one address",
        "genuine posts are answered 2xx",
        20,
        (
            *nodes("integration/ingest/test_strangers", "a_stranger_keeps_nobody_out"),
            *nodes(
                "unit/ingest/test_crowd",
                "strangers_leave_first_then_the_idle_and_the_busy_never",
                "an_address_has_its_share",
            ),
        ),
    ),
    Row(
        "silent TLS",
        "core 17",
        "TCP connections to the TLS port that never begin a handshake",
        "counted, and closed in seconds; a genuine client is served",
        10,
        nodes("integration/ingest/test_strangers", "silent_connections_before_tls_keep_nobody_out"),
    ),
    Row(
        "hang-ups without end",
        "attack H4",
        "thousands of requests whose caller hangs up",
        "what is recorded of them is sampled",
        1,
        nodes("unit/ingest/test_request_log", "whatever_was_not_taken_is_sampled_and_all_of_it_counted"),
    ),
    Row(
        "metrics and readiness in public",
        "attack medium",
        "/metrics, /readyz, /healthz asked on the public port",
        "404 by default; they are on a port of their own",
        2,
        nodes("integration/ingest/test_processes", "health_on_the_public_port_by_setting"),
    ),
    Row(
        "a pipelined malformed request",
        "core 23",
        "a malformed request behind one that is being answered",
        "each is answered and recorded for itself",
        2,
        nodes(
            _FRAMING,
            "what_is_good_is_answered_before_garbage_behind_it",
            "what_is_pipelined_within_the_limit_is_answered",
        ),
    ),
)

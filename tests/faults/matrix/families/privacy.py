"""Rows about who may see what, and about being forgotten."""

from typing import Final

from tests.faults.matrix.row import Row, nodes

ROWS: Final = (
    Row(
        "strangers at Kafka",
        "matrix 35",
        "a broker with TLS, SASL and ACLs; clients without, with wrong and with too little",
        "denied; each process may no more than it needs",
        60,
        nodes(
            "integration/runtime/test_secure_kafka",
            "a_stranger_is_refused",
            "a_process_may_no_more_than_it_needs",
            "every_mechanism_carries_a_record",
        ),
    ),
    Row(
        "an analyst at the tables",
        "matrix 33, 34",
        "an analyst's user on the views, the tables and the numbers",
        "sees the views and no table",
        5,
        nodes("integration/projections/test_roles", "an_analyst_sees_the_views_and_no_table"),
    ),
    Row(
        "credentials in bodies and headers",
        "attack low",
        "keys and tokens in bodies, in other letters, escaped, nested as text",
        "not stored, not relayed",
        5,
        (
            *nodes("e2e/test_providers", "credentials_in_a_body_are_not_stored"),
            *nodes("unit/providers/test_redaction", "a_credential_is_taken_out_however_it_is_written"),
            *nodes("unit/ingest/test_pure_parts", "relayed_headers_leave_credentials_out"),
        ),
    ),
    Row(
        "numbers guessed through search",
        "attack medium",
        "20,000 candidates asked of `recibo.search`; digit groups in payloads and titles",
        "an analyst learns no number",
        5,
        nodes("integration/projections/test_masks", "a_number_cannot_be_guessed", "no_text_shows_a_number"),
    ),
    Row(
        "a person forgotten",
        "matrix 36",
        "every spelling of a number looked for in logs, topics, spool, stores and tables",
        "found nowhere; counts stay",
        900,
        (
            *nodes(
                "e2e/test_forget",
                "a_person_is_forgotten_and_every_count_stays",
                "a_person_is_forgotten_by_the_api",
            ),
            *nodes(
                "e2e/test_forget_faults",
                "no_byte_is_left_once_what_was_named_has_ended",
                "rows_that_come_again_are_stripped_again",
                "what_comes_of_a_forgotten_message_later_names_nobody",
                "a_message_sent_later_lives",
                "cut_off_at_every_step_and_run_again",
            ),
            *nodes("properties/test_replay", "a_forgotten_message_keeps_its_counts_and_nothing_else"),
        ),
    ),
    Row(
        "files that others may read",
        "attack medium",
        "another user of the machine reads the data directory",
        "private: directory 0700, files 0600",
        40,
        nodes("e2e/test_up", "one_command_runs_the_line_and_the_next_goes_on_with_its_data"),
    ),
)

"""Rows about what goes out: the relay, logs and exports."""

from typing import Final

from tests.faults.matrix.row import Row, nodes

_PARTS: Final = "unit/relay/test_relay_parts"
_RELAY: Final = "integration/relay/test_relay"

ROWS: Final = (
    Row(
        "internal addresses in disguise",
        "matrix 30",
        "rebinding names, redirects, mapped, NAT64, 6to4 and decimal addresses",
        "no connection; what was vetted is what is connected to",
        10,
        (
            *nodes(
                _PARTS,
                "internal_addresses_are_refused_in_every_disguise",
                "a_name_with_one_internal_address_is_refused",
                "what_was_vetted_is_what_is_connected_to",
            ),
            *nodes(_RELAY, "an_internal_address_is_never_posted_to", "a_redirect_is_not_followed"),
        ),
    ),
    Row(
        "receiver away, relay killed",
        "matrix 1",
        "a receiver that answers 503 for a while, SIGKILL of the relay",
        "nothing is missing",
        20,
        nodes(_RELAY, "nothing_is_missing_after_an_outage_and_a_kill"),
    ),
    Row(
        "a webhook that cannot be delivered",
        "core 16",
        "a bug under one webhook's attempts; a courier that cannot read",
        "given up alone; the others go on; no task dies unseen",
        10,
        (
            *nodes("unit/relay/test_delivery", "a_webhook_that_meets_a_bug_is_given_up"),
            *nodes(
                "integration/relay/test_couriers",
                "a_courier_that_cannot_read_ends_nobody_else",
                "a_delivery_that_dies_is_not_silent",
            ),
        ),
    ),
    Row(
        "a URL that cannot be posted to",
        "attack medium",
        "broken brackets, ports that are none, names outside ASCII",
        "refused where it is written",
        1,
        nodes(_PARTS, "a_url_that_cannot_be_posted_to_is_refused_where_it_is_written"),
    ),
    Row(
        "relay before its topic",
        "core 19",
        "a relay started before the topic is there, and a partition added later",
        "it waits, and reads both from their beginning",
        20,
        nodes("integration/relay/test_log_readers", "a_log_that_comes_later_and_grows_is_read_from_its_first_record"),
    ),
    Row(
        "log injection",
        "matrix 31",
        "CR, LF and ESC in everything that is logged",
        "one line of JSON an event; no secret and no number in it",
        3,
        nodes("integration/ingest/test_connections", "log_lines_cannot_be_forged"),
    ),
    Row(
        "markup in the command line",
        "attack medium",
        "brackets, ESC and OSC in cells",
        "shown as they are, harmless",
        1,
        nodes("unit/cli/test_terminal", "a_cell_shows_what_is_in_it"),
    ),
    Row(
        "formulas in CSV",
        "matrix 32",
        "values that begin with = + - @ tab and CR, `recibo sql --format csv`",
        "a spreadsheet takes none for a formula",
        3,
        nodes("unit/cli/test_spreadsheet", "no_cell_begins_a_formula"),
    ),
)

"""Rows about requests that are not what they seem."""

from typing import Final

from tests.faults.matrix.row import Row, nodes

_PROOFS: Final = "unit/ingest/test_authenticate"

ROWS: Final = (
    Row(
        "forged, stale, replayed",
        "matrix 27",
        "each bit of signature and body flipped; old timestamps; the same request again",
        "401; a replay changes no count",
        5,
        (
            *nodes(
                _PROOFS,
                "hmac_refuses_every_flipped_bit",
                "hmac_of_a_signed_text_has_a_replay_window",
                "whatever_a_stranger_presents_is_refused",
            ),
            *nodes("integration/ingest/test_answers", "wrong_or_missing_signature_is_401_and_never_stored"),
        ),
    ),
    Row(
        "timing",
        "matrix 28",
        "a wrong proof of every kind, its comparisons counted; the code read for comparisons by equality",
        "a wrong proof is held against every secret in force, in constant time",
        4,
        nodes(
            "faults/rows/test_timing",
            "secrets_are_compared_in_constant_time",
            "no_secret_is_compared_by_equality",
        ),
    ),
    Row(
        "secret rotated under load",
        "matrix 29",
        "two secrets in force, then the old one expires",
        "nobody is refused during the overlap; afterwards the old one is",
        5,
        nodes("integration/ingest/test_configuration", "rotation_of_a_secret_refuses_nobody"),
    ),
    Row(
        "header that comes twice",
        "attack low",
        "two signatures, two hosts, two codings",
        "proves nothing; refused",
        1,
        nodes(_PROOFS, "header_that_comes_twice_proves_nothing"),
    ),
    Row(
        "tokens without an end, odd subjects",
        "attack low",
        "JWT without `exp`, with an integer `sub`",
        "without an end: refused or bounded, as the settings say",
        1,
        (
            *nodes("unit/providers/test_signatures", "a_token_must_be_in_time_and_of_this_body"),
            *nodes("unit/ingest/test_authenticate", "jwt"),
        ),
    ),
    Row(
        "verify token guessed",
        "attack low",
        "thousands of guesses of Meta's verify token",
        "limited by address",
        1,
        nodes("unit/ingest/test_webhooks", "a_verify_token_cannot_be_guessed_without_limit"),
    ),
)

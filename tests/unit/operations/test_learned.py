"""`source learn` over many providers' shapes: nothing is ever wrong, and most is right (`make learned` prints the table)."""

import pytest

from operations.learn.meanings import meaning_of
from tests.learned import all_shapes
from tests.learned.truth import Told
from tests.learned.verdict import judged

UNKNOWN = {
    "textme, Hebrew words",
    "Clickatell, delivered to the gateway is not delivered",
    "AiSensy",
    "Netcore",
    "Sunshine, delivery told by a type",
    "Take Blip, received is delivered and consumed read",
    "a Baileys server, numbers",
    "Zenvia's old SMS",
    "Africa's Talking, Success is delivered",
}
"""Shapes that say too little to be learned without a person."""


@pytest.mark.parametrize("shape", all_shapes(), ids=lambda shape: shape.name)
def test_a_shape_is_learned_right_or_left_unknown(shape: Told) -> None:
    """Every message, status, time, recipient, connection and code that is learned is true; what cannot be told stays unknown."""
    verdict = judged(shape)
    assert verdict.result == ("unknown" if shape.name in UNKNOWN else "right"), verdict.why


@pytest.mark.parametrize(
    ("word", "meaning"),
    [
        ("delivery_failed", "error"),
        ("DELIVERY_REJECTED", "error"),
        ("falha na entrega", "error"),
        ("not_sent", "error"),
        ("envio_falhou", "error"),
        ("não lida", ""),
        ("NOT_READ", ""),
        ("unread", ""),
        ("READ_BY_ME", "read_by_me"),
        ("ReadSelf", "read_by_me"),
        ("delivery_report", ""),
        ("ReadReceipt", ""),
        ("sent and delivered", ""),
        ("DELIVERED_TO_GATEWAY", ""),
        ("DELIVERED_TO_HANDSET", "delivered"),
        ("noAccount", "number_not_found"),
        ("não falhou", ""),
        ("הגיע ליעד", ""),
    ],
)
def test_a_word_is_never_guessed_by_containing_another(word: str, meaning: str) -> None:
    """A negation, a failure or ourselves in a word make it that, or nothing; only what else is said of a delivery is one."""
    assert meaning_of(word) == meaning

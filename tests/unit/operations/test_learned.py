"""`source learn` over many providers' shapes: nothing is ever wrong, and most is right (`make learned` prints the table)."""

import random

import pytest

from operations.learn.lesson import Said
from operations.learn.meanings import meaning_of
from operations.learn.teach import groups_of, lesson, proposals_for
from schemas.providers import PROVIDERS
from tests.learned import all_shapes, hard_shapes, held_out_shapes
from tests.learned.truth import Told
from tests.learned.verdict import NOW_MS, captures_of, judged

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


@pytest.mark.parametrize("shape", held_out_shapes.SHAPES, ids=lambda shape: shape.name)
def test_a_shape_held_out_is_never_learned_wrong(shape: Told) -> None:
    """Shapes from pages that learn was not made for: what is learned of them is true, all of their captures or any few."""
    assert judged(shape).result != "wrong"
    rng = random.Random(11)
    for _ in range(6):
        some = rng.sample(list(shape.bodies), rng.randint(1, len(shape.bodies)))
        assert judged(shape._replace(bodies=some)).result != "wrong", judged(shape._replace(bodies=some)).why


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


@pytest.mark.parametrize("shape", hard_shapes.RIGHT, ids=lambda shape: shape.name)
def test_a_misleading_shape_is_learned_right(shape: Told) -> None:
    """What misleads by its name or place is told by how it behaves over the captures."""
    assert judged(shape).result == "right"


@pytest.mark.parametrize("shape", hard_shapes.UNKNOWN, ids=lambda shape: shape.name)
def test_what_cannot_be_said_is_not_said(shape: Told) -> None:
    """Where a mapping would lose an element, or nothing tells one thing from another, the bodies stay unmapped whole."""
    captures = captures_of(shape.bodies)
    proposals = proposals_for(groups_of(captures), NOW_MS, {})
    learned = lesson(PROVIDERS["generic"], {}, proposals, said=Said(), captures=captures, understood=())
    assert learned.preview.understood == 0
    assert not learned.preview.statuses
    assert judged(shape).result == "unknown"


def test_few_captures_teach_nothing_wrong() -> None:
    """Of any few bodies of a shape either the truth is learned or nothing: what is missing is not made up."""
    rng = random.Random(7)
    for shape in all_shapes():
        if shape.name != GUPSHUP:
            some = rng.sample(list(shape.bodies), rng.randint(1, len(shape.bodies)))
            assert judged(shape._replace(bodies=some)).result != "wrong", shape.name


GUPSHUP = "Gupshup 2, an id that changes meaning"
"""Of few bodies its message goes by the other of its two ids: the same message, under another name."""

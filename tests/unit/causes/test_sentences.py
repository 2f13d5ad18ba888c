"""Sentences about a message: every combination of status, category and connection has a whole one, in its language."""

import re
from itertools import product
from typing import get_args

import pytest

from schemas.causes.catalogue import kinds
from schemas.causes.sentences import STATUSES, Audience, Connection, Language, sentence

PORTUGUESE = re.compile(r"\b(que|não|uma|nosso|nossa|você|foi|está|mensagem|número)\b")
ENGLISH = re.compile(r"\b(the|that|our|was|has|you|is)\b", re.IGNORECASE)
ALL = list(product(STATUSES, ("", *kinds()), get_args(Connection), get_args(Audience), get_args(Language)))


def test_every_combination_has_a_whole_sentence() -> None:
    """None is empty, has a placeholder left or two stops, or is in the other language."""
    for status, category, connection, audience, language in ALL:
        said = sentence(status, category, connection, audience, language)
        assert re.fullmatch(r"[A-ZÀ-Ú][^{}]*[^.;: ]\.", said), said
        mine, other = (PORTUGUESE, ENGLISH) if language == "pt" else (ENGLISH, PORTUGUESE)
        assert mine.search(said), said
        assert not other.search(said), said
        assert not re.search(r"\([^)]*\(", said), said


@pytest.mark.parametrize("connection", get_args(Connection))
@pytest.mark.parametrize("category", ["", *kinds()])
def test_nothing_is_claimed_that_was_not_reported(connection: Connection, category: str) -> None:
    """Acceptance is no delivery, a missing receipt no proof, and a delivery counts although a failure was reported."""
    sent = sentence("sent", category, connection, "agent", "en")
    assert "no delivery to the phone has been reported" in sent
    delivered = sentence("delivered", category, connection, "agent", "en")
    assert "no read receipt is not proof that it was not read" in delivered
    assert ("the delivery is what counts" in delivered) == (category != "")
    assert "não haver confirmação de leitura não prova" in sentence("delivered", category, connection, "agent", "pt")


def test_a_customer_is_told_no_internals() -> None:
    """No word of accounts, tokens, templates or billing goes to the person who was to get the message."""
    inner = re.compile(
        r"account|token|template|billing|payment|quality|\bconta\b|modelo|pagamento|qualidade", re.IGNORECASE
    )
    for status, category, connection, audience, language in ALL:
        if audience == "customer":
            assert not inner.search(sentence(status, category, connection, audience, language))


def test_a_closed_connection_is_said_where_it_matters() -> None:
    """A message on its way may be delivered unheard; where sending again is of no use, the connection is left out."""
    assert "without our hearing of it" in sentence("sent", "", "closed", "agent", "en")
    assert "disconnected" not in sentence("sent", "", "open", "agent", "en")
    assert "is not known" in sentence("sent", "", "unknown", "agent", "en")
    assert "disconnected" not in sentence("error", "opted_out", "closed", "agent", "en")


def test_a_category_of_a_later_release_counts_as_unknown() -> None:
    """What an older program does not know, it says so of."""
    assert sentence("error", "of_tomorrow", "open", "agent", "en") == sentence(
        "error", "unknown", "open", "agent", "en"
    )

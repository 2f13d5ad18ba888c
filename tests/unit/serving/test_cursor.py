"""Cursors: what was handed out leads back, and whatever else somebody sends is refused in words."""

import base64
import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serving.queries.catalogue import QUESTIONS
from serving.queries.cursor import Cursor, decode, digest, encode

MESSAGES = next(question for question in QUESTIONS if question.name == "messages")
ASKED = {"limit": 50, "time_zone": "UTC", "format": "json"}
GOOD: list[Any] = [
    "messages",
    digest(ASKED),
    1_800_000_000_000,
    False,
    [1_700_000_000_000, "acme", "m-1", "2026-11-01"],
]


def text_of(value: Any) -> str:
    """Return any JSON as a cursor's text."""
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def test_a_cursor_leads_back() -> None:
    """What is encoded is decoded, whatever the page's size is then."""
    cursor = Cursor(GOOD[0], GOOD[1], GOOD[2], GOOD[3], GOOD[4])
    assert decode(encode(cursor), MESSAGES, {**ASKED, "limit": 7}) == cursor
    assert decode(text_of(GOOD), MESSAGES, ASKED) == cursor


HOSTILE = [
    "",
    "%%%",
    "AAAA",
    "é",
    text_of(None),
    text_of({}),
    text_of([]),
    text_of(GOOD[:4]),
    text_of([*GOOD, 1]),
    text_of(["funnel", *GOOD[1:]]),
    text_of([GOOD[0], "0" * 16, *GOOD[2:]]),
    text_of([*GOOD[:2], -1, *GOOD[3:]]),
    text_of([*GOOD[:2], 1 << 63, *GOOD[3:]]),
    text_of([*GOOD[:2], 1.5, *GOOD[3:]]),
    text_of([*GOOD[:4], [1 << 63, "a", "b", "c"]]),
    text_of([*GOOD[:4], ["1", "a", "b", "c"]]),
    text_of([*GOOD[:4], [1, 2, "b", "c"]]),
    text_of([*GOOD[:4], [1, "a", "b"]]),
    text_of([*GOOD[:4], [1, "a\0", "b", "c"]]),
    text_of([*GOOD[:4], [1, None, "b", "c"]]),
    "W" * 4_000,
]
"""What is no cursor of the list."""


@pytest.mark.parametrize("text", HOSTILE)
def test_what_is_no_cursor_is_refused(text: str) -> None:
    """A text that is no cursor, or one of another list, is refused by ValueError."""
    with pytest.raises(ValueError, match="cursor"):
        decode(text, MESSAGES, ASKED)


@given(st.text(max_size=200) | st.binary(max_size=200).map(lambda b: base64.urlsafe_b64encode(b).decode()))
def test_nothing_else_comes_of_a_cursor(text: str) -> None:
    """Whatever text is sent, it is a cursor or refused."""
    with contextlib.suppress(ValueError):
        assert isinstance(decode(text, MESSAGES, ASKED), Cursor)

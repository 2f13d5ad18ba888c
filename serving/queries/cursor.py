"""Where a page begins: after (or before) a row's keys, among the rows received until the first page was asked for. Pure.

A cursor is opaque and not signed: whatever is in it becomes bound parameters of the caller's own question, within the
caller's own accounts, so that a forged one shows nothing that its forger may not ask for anyway.
"""

import base64
import binascii
import hashlib
from typing import Any, Final

import msgspec

from serving.queries.question import Asked, Question

_NUMBER_MAX: Final = 1 << 63
_IN_NO_DIGEST: Final = frozenset({"cursor", "limit"})


class Cursor(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """A place in a list."""

    question: str
    digest: str
    """Of the parameters of the list: another list's cursor leads nowhere."""
    pinned_at_ms: int
    """Rows received later are not of this list."""
    is_back: bool
    """Whether the page ends before the keys, instead of beginning after them."""
    keys: list[int | str]


def encode(cursor: Cursor) -> str:
    """Return the text of a cursor."""
    return base64.urlsafe_b64encode(msgspec.json.encode(cursor)).rstrip(b"=").decode()


def decode(text: str, question: Question, asked: Asked) -> Cursor:
    """Return the cursor that a text stands for.

    Raises:
        ValueError: it is none, or not one of this list; the message says which.
    """
    try:
        padded = text + "=" * (-len(text) % 4)
        cursor = msgspec.json.decode(base64.b64decode(padded, altchars=b"-_", validate=True), type=Cursor)
    except (msgspec.DecodeError, binascii.Error, UnicodeError, RecursionError, ValueError) as error:
        raise ValueError("this is no cursor: take `next` or `previous` of a page as it is") from error
    if (cursor.question, cursor.digest) != (question.name, digest(asked)):
        raise ValueError("this cursor is of another list: repeat the parameters of its page")
    if len(cursor.keys) != len(question.keys) or not 0 <= cursor.pinned_at_ms < _NUMBER_MAX:
        raise ValueError("this is no cursor: take `next` or `previous` of a page as it is")
    for value, key in zip(cursor.keys, question.keys, strict=True):
        is_number = isinstance(value, int)
        if is_number != key.is_number or (isinstance(value, int) and not -_NUMBER_MAX <= value < _NUMBER_MAX):
            raise ValueError("this is no cursor: take `next` or `previous` of a page as it is")
        if isinstance(value, str) and "\0" in value:
            raise ValueError("this is no cursor: take `next` or `previous` of a page as it is")
    return cursor


def digest(asked: Asked) -> str:
    """Return a digest of the parameters that make a list what it is."""
    said: dict[str, Any] = {name: value for name, value in asked.items() if name not in _IN_NO_DIGEST}
    return hashlib.sha256(msgspec.json.encode(said, order="sorted")).hexdigest()[:16]

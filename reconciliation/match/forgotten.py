"""Forgotten messages, as SQL: a row's own id leads to what its message is called since (`recibo forget`). Pure."""

from typing import Final

from schemas.erasure import KNOWN_AS_PATTERN, KNOWN_AS_SQL

STRIPPED: Final = f"match(message_id, '{KNOWN_AS_PATTERN}')"
"""Whether a row was stripped itself, when whoever it was sent to was forgotten."""


def names_looked_up(store: str) -> str:
    """Return the names that messages are looked up by for a row's id: itself, and what it is called since it was forgotten, if it was."""
    hashed = f"arrayFilter(known -> known IN (SELECT known_as FROM {store}.erased_message), {_hashed(store)})"  # noqa: S608
    return f"arrayConcat([message_id], {hashed})"


def known_names(store: str) -> str:
    """Return all names that a row's message id can stand for: itself, and what it would be called if it was forgotten."""
    return f"arrayConcat([message_id], {_hashed(store)})"


def names_forgotten(store: str) -> str:
    """Return the question for the names of all forgotten messages of an account, and for those of their other ids."""
    erased = f"SELECT known_as FROM {store}.erased_message"  # noqa: S608
    others = f"SELECT id FROM {store}.message_alias WHERE account = {{account:String}} AND message_id IN ({erased})"  # noqa: S608
    return f"{erased} UNION ALL {others}"


def _hashed(store: str) -> str:
    hashed = KNOWN_AS_SQL.format(salt="salt", text="concat(account, '/', message_id)")
    return f"arrayMap(salt -> {hashed}, (SELECT groupUniqArray(salt) FROM {store}.erased_message))"  # noqa: S608

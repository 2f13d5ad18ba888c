"""Forgotten messages, as SQL: a row's own id leads to what its message is called since (`recibo forget`). Pure."""

from typing import Final

from schemas.erasure import KNOWN_AS_PATTERN, KNOWN_AS_SQL

STRIPPED: Final = f"match(message_id, '{KNOWN_AS_PATTERN}')"
"""Whether a row was stripped itself, when whoever it was sent to was forgotten."""


def known_names(store: str) -> str:
    """Return the names that a row's message id stands for: itself, and what it is called if it was forgotten."""
    hashed = KNOWN_AS_SQL.format(salt="salt", text="concat(account, '/', message_id)")
    salts = f"(SELECT groupUniqArray(salt) FROM {store}.erased_message)"  # noqa: S608
    return f"arrayConcat([message_id], arrayMap(salt -> {hashed}, {salts}))"


def names_forgotten(store: str) -> str:
    """Return the question for the names of all forgotten messages of an account, and for those of their other ids."""
    erased = f"SELECT known_as FROM {store}.erased_message"  # noqa: S608
    others = f"SELECT id FROM {store}.message_alias WHERE account = {{account:String}} AND message_id IN ({erased})"  # noqa: S608
    return f"{erased} UNION ALL {others}"

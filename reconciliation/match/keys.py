"""Keys by which a row is found where its message id finds nothing: `reference`, `reference,line`, `line,campaign,window=10m`. Pure.

A key is fields that a row and its message must both have, and have the same. One with a window is weak: it says only that two
things look alike and are near in time, so it is asked for expressly and what it finds has a class of its own.
"""

import re
from dataclasses import dataclass
from typing import Final

from schemas.errors import ConfigurationError

FIELDS: Final = {
    "reference": "client_ref",
    "line": "line",
    "campaign": "campaign",
    "connection": "connection_id",
    "template": "template",
}
"""Field of a key → column of a message. A row has the same name, but for `connection`: connection_id."""
_WINDOW: Final = re.compile(r"([1-9][0-9]{0,5})(s|m|h|d)")
_SECONDS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_WINDOW_S_MAX: Final = 7 * 86_400
_KEYS_MAX: Final = 8


@dataclass(frozen=True, slots=True)
class Key:
    """Fields that are to be the same."""

    fields: tuple[str, ...]
    window_s: int = 0
    """Seconds that the sends' time and the message's own may be apart; 0: not asked."""

    @property
    def is_weak(self) -> bool:
        """Whether it finds by likeness and nearness alone."""
        return self.window_s > 0

    def __str__(self) -> str:
        """As it is written."""
        window = (f"window={self.window_s}s",) if self.is_weak else ()
        return ",".join((*self.fields, *window))


DEFAULT: Final = (Key(("reference",)),)


def read_key(text: str) -> Key:
    """Return the key that a text like `reference,line` or `line,campaign,window=10m` declares.

    Raises ConfigurationError, which says what can be written.
    """
    fields: list[str] = []
    window_s = 0
    for part in (one.strip() for one in text.split(",")):
        name, _, value = part.partition("=")
        if name == "window" and (found := _WINDOW.fullmatch(value)):
            window_s = int(found[1]) * _SECONDS[found[2]]
        elif part in FIELDS and part not in fields:
            fields.append(part)
        else:
            raise ConfigurationError(
                f"`{part}` in the key `{text}`: a key is some of {', '.join(FIELDS)}, each once, "
                "and for a weak key window=10m (s, m, h or d)"
            )
    if not fields:
        raise ConfigurationError(f"the key `{text}` names no field: some of {', '.join(FIELDS)}")
    if window_s > _WINDOW_S_MAX:
        raise ConfigurationError(f"the window of the key `{text}` is longer than 7 days")
    return Key(tuple(fields), window_s)


def read_keys(keys: tuple[str, ...], weak: tuple[str, ...] = ()) -> tuple[Key, ...]:
    """Return the keys in the order in which they are tried: the sure ones as declared (`--key`), then the weak (`--match`).

    Raises ConfigurationError: one cannot be read, is in the wrong option, or there are too many.
    """
    sure, likely = [read_key(text) for text in keys], [read_key(text) for text in weak]
    for key in sure:
        if key.is_weak:
            raise ConfigurationError(f"--key {key}: a key with a window is weak; write --match {key}")
    for key in likely:
        if not key.is_weak:
            raise ConfigurationError(f"--match {key}: a weak key has a window, as in {key},window=10m")
    found = (*(sure or DEFAULT), *likely)
    if len(found) > _KEYS_MAX:
        raise ConfigurationError(f"{len(found)} keys are declared: {_KEYS_MAX} at most")
    return found

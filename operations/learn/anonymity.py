"""Personal details of captured bodies replaced, the same by the same, so that a shape can be shown to others. Pure.

Numbers of people, ids, names, texts, addresses and tokens become others of the same look; keys, times, small numbers and
the words that say a status stay, since they are the shape.
"""

import hashlib
import hmac
import re
from collections.abc import Callable, Iterable
from typing import Any, Final

from operations.learn.evidence import is_time
from operations.learn.meanings import meaning_of

_URL: Final = re.compile(r"[a-z][a-z0-9+.\-]*://\S+", re.IGNORECASE)
_MAIL: Final = re.compile(r"[\w.+\-]+@[\w\-]+(?:\.[\w\-]+)+")
_CHAT: Final = re.compile(r"@(?:s\.whatsapp\.net|c\.us|g\.us|lid|broadcast|newsletter)(?![A-Za-z0-9])")
_LONG_DIGITS: Final = re.compile(r"\d{6,}")
_TOKEN: Final = re.compile(r"(?=[A-Za-z0-9+/=_\-]*\d)[A-Za-z0-9+/=_\-]{8,}")
_SMALL: Final = 1_000_000
_KEPT_PREFIX: Final = 2
"""Digits of a number that stay: its country, mostly."""
_NAME_OF_KIND: Final = re.compile(r"[A-Za-z][A-Za-z_.\-:]{0,39}$")
_OFTEN: Final = 2
"""A word that stands at one place in as many bodies is one of a list, not a person's."""
_SECRET: Final = re.compile(
    r"token|secret|senha|password|apikey|api_key|authorization|pushname|notifyname", re.IGNORECASE
)


def anonymous(documents: Iterable[Any], key: bytes, now_ms: int) -> list[Any]:
    """Return bodies with what is personal replaced.

    Args:
        documents: bodies, as JSON.
        key: what replacements are drawn from; a new one for each file, kept nowhere.
        now_ms: the time, UTC ms, by which times are told from other numbers.
    """
    listed = list(documents)
    seen: dict[tuple[str, str], int] = {}
    for document in listed:
        for found in set(_words(document, "")):
            seen[found] = seen.get(found, 0) + 1

    def text(where: str, value: str) -> str:
        if value == "" or is_time(value, now_ms) or meaning_of(value):
            return value
        is_listed = seen.get((where, value), 0) >= _OFTEN and bool(_NAME_OF_KIND.match(value))
        if is_listed and not _SECRET.search(where):
            return value
        return _replaced(value, key)

    return [_walked(document, "", text, key, now_ms) for document in listed]


def _words(value: Any, where: str) -> Iterable[tuple[str, str]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _words(inner, f"{where}.{key}")
    elif isinstance(value, list):
        for inner in value:
            yield from _words(inner, f"{where}[]")
    elif isinstance(value, str):
        yield where, value


def _walked(value: Any, where: str, text: Callable[[str, str], str], key: bytes, now_ms: int) -> Any:
    if isinstance(value, dict):
        return {name: _walked(inner, f"{where}.{name}", text, key, now_ms) for name, inner in value.items()}
    if isinstance(value, list):
        return [_walked(inner, f"{where}[]", text, key, now_ms) for inner in value]
    if isinstance(value, str):
        return text(where, value)
    if type(value) is int and abs(value) >= _SMALL and not is_time(value, now_ms):
        return int(_digits(str(value), key))
    return value


def _replaced(value: str, key: bytes) -> str:
    """Return a text that looks alike: addresses, long numbers and ids by others, words by crosses."""
    if _URL.fullmatch(value):
        return "https://example.invalid/" + _draw(value, key)[:8]
    value = _MAIL.sub(lambda found: found[0] if _CHAT.search(found[0]) else "someone@example.invalid", value)
    kept: list[str] = []

    def keep(part: str) -> str:
        kept.append(part)
        return f"\x00{len(kept) - 1}\x00"

    value = _CHAT.sub(lambda found: keep(found[0]), value)
    value = _LONG_DIGITS.sub(lambda found: keep(_digits(found[0], key)), value)
    value = re.sub(r"(?<![A-Za-z])(?:true|false|wamid)(?![A-Za-z])", lambda found: keep(found[0]), value)
    value = _TOKEN.sub(lambda found: keep(_alike(found[0], key)), value)
    value = re.sub(r"[^\W\d_]", "x", value)
    return re.sub(r"\x00(\d+)\x00", lambda found: kept[int(found[1])], value)


def _digits(text: str, key: bytes) -> str:
    """Return other digits, as many; the first ones stay."""
    if len(text) <= _KEPT_PREFIX + 2:
        return text
    drawn = str(int(_draw(text, key), 16)).rjust(len(text), "7")
    return text[:_KEPT_PREFIX] + drawn[-(len(text) - _KEPT_PREFIX) :]


def _alike(text: str, key: bytes) -> str:
    """Return other letters and digits, of the same kinds at the same places."""
    drawn = (_draw(text, key) * (len(text) // 64 + 1))[: len(text)]
    return "".join(
        char if not char.isalnum() else str(int(d, 16) % 10) if char.isdigit() else _letter(char, int(d, 16))
        for char, d in zip(text, drawn, strict=True)
    )


def _letter(char: str, number: int) -> str:
    letter = "abcdefghijklmnop"[number]
    return letter.upper() if char.isupper() else letter


def _draw(text: str, key: bytes) -> str:
    return hmac.new(key, text.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()

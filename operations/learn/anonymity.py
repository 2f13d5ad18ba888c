"""Personal details of captured bodies replaced, the same by the same, so that a shape can be shown to others. Pure.

Numbers of people, ids, names, texts, addresses and tokens become others of the same look; keys that are names of fields,
times, small numbers and the words that say a status stay, since they are the shape.
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
_CODE_DIGITS_MAX: Final = 5
"""A text of so few digits alone is a code: an ack, an error."""
_DECIMALS_MAX: Final = 3
"""A fraction with more is where somebody is, rather than a price."""
_SECRET: Final = re.compile(
    r"token|secret|senha|password|apikey|api_key|authorization|(push|notify|verified|full|first|last|sur|nick|user|display)_?name"
    r"|\bname$|nome|apelido|profile|author|sobrenome|body|text|texto|caption|content|conversation",
    re.IGNORECASE,
)
"""Places of what is a secret, a person's name or what somebody wrote: a word there stays under no circumstances."""
_IDENTIFIER: Final = re.compile(r"[a-z][a-z0-9]*(?:[._][a-z0-9]+)+$")
"""A name of an event or a kind (`sms.delivery`), which no person has."""
_OF_A_PERSON: Final = re.compile(
    r"phone|fone|celular|numero|number|msisdn|whatsapp|mobile|jid|recipient|destin|contact|chat|(?:^|[._])(?:to|from|para|de|wa_?id)$",
    re.IGNORECASE,
)
"""Places of numbers of people, some of which could be times as well."""


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
        if value == "" or meaning_of(value) or (is_time(value, now_ms) and not _OF_A_PERSON.search(where)):
            return value
        if value.isdecimal() and len(value) <= _CODE_DIGITS_MAX:
            return value
        is_listed = seen.get((where, value), 0) >= _OFTEN and bool(_NAME_OF_KIND.match(value))
        if is_listed and (_IDENTIFIER.match(value) or not _SECRET.search(where)):
            return value
        return _replaced(value, key)

    return [_walked(document, "", text, key, now_ms) for document in listed]


def _words(value: Any, where: str) -> Iterable[tuple[str, str]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _words(inner, _below(where, key))
    elif isinstance(value, list):
        for inner in value:
            yield from _words(inner, f"{where}[]")
    elif isinstance(value, str):
        yield where, value


def _walked(value: Any, where: str, text: Callable[[str, str], str], key: bytes, now_ms: int) -> Any:
    if isinstance(value, dict):
        return {
            (_replaced(name, key) if _is_of_a_person(name) else name): _walked(
                inner, _below(where, name), text, key, now_ms
            )
            for name, inner in value.items()
        }
    if isinstance(value, list):
        return [_walked(inner, f"{where}[]", text, key, now_ms) for inner in value]
    if isinstance(value, str):
        return text(where, value)
    if type(value) is int and abs(value) >= _SMALL and (_OF_A_PERSON.search(where) or not is_time(value, now_ms)):
        return int(_digits(str(value), key))
    if type(value) is float and len(str(value).partition(".")[2]) > _DECIMALS_MAX and not is_time(value, now_ms):
        return float(re.sub(r"\d", lambda found: _digit(found[0], str(value) + str(found.start()), key), str(value)))
    return value


def _is_of_a_person(name: str) -> bool:
    """Return whether a key is no field's name: an object is keyed by numbers, ids or addresses."""
    return bool(_LONG_DIGITS.search(name)) or "@" in name


def _below(where: str, name: str) -> str:
    """Return where the value of a key is; under a person's own key, it is of that person whatever it is."""
    return f"{where}.name" if _is_of_a_person(name) else f"{where}.{name}"


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
    # What is kept stands between two marks, with its place in digits: those are not to be replaced.
    parts = re.split(r"\x00(\d+)\x00", value)
    shown = [kept[int(part)] if place % 2 else _crossed(part, key) for place, part in enumerate(parts)]
    return "".join(shown)


def _crossed(text: str, key: bytes) -> str:
    """Return crosses for letters and other digits for digits."""
    crossed = re.sub(r"[^\W\d_]", "x", text)
    return re.sub(r"\d", lambda found: _digit(found[0], f"{crossed}{found.start()}", key), crossed)


def _digit(digit: str, where: str, key: bytes) -> str:
    """Return another digit for one at a place."""
    return str((int(digit) + 1 + int(_draw(where, key)[:2], 16) % 9) % 10)


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

"""What a provider's words mean: whole phrases, and never one by containing another. Pure.

A word with a negation, a failure or ourselves in it is that, or nothing: `delivery_failed` is no delivery, `NOT_READ` no
reading, and `READ_BY_ME` ours.
"""

import re
from functools import lru_cache
from typing import Any, Final

from operations.learn.vocabulary import ALONE, FAILING, NEGATIONS, NOISE, NOUNS, OF_OURSELVES, WORDS
from schemas.providers.words import fold_word

CAMEL: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
READ_BY_ME: Final = "read_by_me"
_PHRASES: Final = sorted(
    ((tuple(fold_word(phrase).split("_")), status) for status, listed in WORDS.items() for phrase in listed.split(",")),
    key=lambda entry: -len(entry[0]),
)
_WHOLE: Final = {"_".join(parts): status for parts, status in _PHRASES} | ALONE
_GRAVE: Final = ("number_not_found", "expired", "logout", "error", "inbound_message")
"""Found in a longer word, these say more than any delivery beside them."""
_NEGATED: Final = re.compile(
    r"^(?:un|in|im|nao|not|no)(?:sent|delivered|deliverable|read|seen|opened|entregue|enviad[ao]|lid[ao])$"
)
_UNREAD: Final = re.compile(r"(?:un|in|im|nao|not|no)(?:read|seen|opened|lid[ao])$")
_SEGMENT: Final = re.compile(r"[.:/]")

WEB_ACKS: Final = {"-1": "error", "0": "queued", "1": "sent", "2": "delivered", "3": "read", "4": "read"}
"""WhatsApp Web's numbers (`ack`). Baileys' own, of a `status`, are others: 3 is a delivery there."""
WEB_ACK_NAMES: Final = {"server": "sent", "device": "delivered"}
"""Their names in words, beside `pending`, `read` and `played`."""


def parts_of(word: str) -> list[str]:
    """Return the parts of a name or word: `dadosMensagem.id_envio` has dados, mensagem, id, envio."""
    split = CAMEL.sub("_", word.replace("IDs", "Ids"))
    return [part for part in fold_word(split).split("_") if part]


@lru_cache(maxsize=10_000)
def meaning_of(word: str) -> str:
    """Return the status that a provider's word means, `inbound_message`, `read_by_me`, or "" where it is not certain."""
    parts = parts_of(word)
    whole = _WHOLE.get("_".join(parts)) or _WHOLE.get("_".join(p for p in parts if p not in NOISE))
    if whole:
        return whole
    if _is_of_ourselves(parts):
        return READ_BY_ME if any(part in ("read", "seen", "lida", "lido", "played") for part in parts) else ""
    found = _phrases_in(parts)
    if _says_no(parts) or any(part.startswith(FAILING) for part in parts) or any(status in found for status in _GRAVE):
        return _grave(parts, found)
    rest = set(parts) - {part for phrase in found.values() for part in phrase} - NOISE
    if len(found) == 1 and not rest:
        return next(iter(found))
    segments = _SEGMENT.split(word)
    return meaning_of(segments[-1]) if len(segments) > 1 and segments[-1] else ""


def is_noun(word: str) -> bool:
    """Return whether a word means a status only as the name of one: `delivery`, which is as well what is reported on."""
    parts = parts_of(word)
    return bool({"_".join(parts), "_".join(part for part in parts if part not in NOISE)} & NOUNS)


def _grave(parts: list[str], found: dict[str, tuple[str, ...]]) -> str:
    """Return what a word means that has a failure or a negation in it; "" where both, or neither is of a delivery."""
    grave = [status for status in _GRAVE if status in found]
    if any(part.startswith(FAILING) for part in parts):
        denied = NEGATIONS.intersection(parts) - {part for phrase in found.values() for part in phrase}
        return "" if denied and grave in ([], ["error"]) else (grave or ["error"])[0]
    if grave:
        return grave[0] if len(set(found) - {"error"}) <= 1 else ""
    unread = any(_UNREAD.match(part) for part in parts) or "read" in found
    return "error" if {"sent", "delivered"} & set(found) and not unread else ""


def _says_no(parts: list[str]) -> bool:
    return bool(NEGATIONS.intersection(parts)) or any(_NEGATED.match(part) for part in parts)


def meaning_at(word: Any, name: str) -> str:
    """Return what a word or number means at a place of this name: acks by number are read where they are called so."""
    text = str(word)
    if "ack" in parts_of(name):
        known = WEB_ACKS.get(text) or WEB_ACK_NAMES.get(fold_word(text))
        if known:
            return known
    return meaning_of(text) if type(word) is str and any(c.isalpha() for c in text) else ""


def _phrases_in(parts: list[str]) -> dict[str, tuple[str, ...]]:
    """Return status → the phrase that says so, of the longest phrases that do not overlap."""
    found: dict[str, tuple[str, ...]] = {}
    taken: set[int] = set()
    for phrase, status in _PHRASES:
        for start in range(len(parts) - len(phrase) + 1):
            places = set(range(start, start + len(phrase)))
            if tuple(parts[start : start + len(phrase)]) == phrase and not places & taken:
                taken |= places
                found.setdefault(status, phrase)
    return found


def _is_of_ourselves(parts: list[str]) -> bool:
    return bool(OF_OURSELVES.intersection(parts)) or any(
        parts[i : i + 2] in (["by", "me"], ["por", "mim"]) for i in range(len(parts))
    )

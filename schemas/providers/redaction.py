"""Taking credentials out of a body and leaving every other byte as it came."""

import re
from collections.abc import Callable, Iterator
from typing import Final

REDACTED = b"[redacted]"

_SPACE: Final = rb"(?:\s|\\+[nrt])*"
_QUOTES: Final = re.compile(rb'\\*"')
_TOKENS: Final = re.compile(rb'\\*"|[{}\[\]]')
_SCALAR: Final = re.compile(rb"[^\s,\]}\\\"]+")
_NO_SECRETS: Final = (b"null", b"true", b"false")
_BEFORE_JSON: Final = b"\xef\xbb\xbf \t\r\n"
_MAY_BE_JSON: Final = (b"{", b"[", b'"')


def redactor(*keys: str) -> Callable[[bytes], bytes]:
    """Return a function that replaces the values of these JSON keys, wherever they stand and whatever they are, by
    `[redacted]`, and the values of these fields of a form.

    A key is found in upper and lower case, with letters written as escapes, and within a text that is JSON itself. Works on the
    bytes, so that spacing, order and number formats stay; a body without such a key comes back unchanged.
    """
    names = b"|".join(b"".join(_letter(letter) for letter in key) for key in keys)
    key = re.compile(rb'(\\*")(?:' + names + rb")\1" + _SPACE + b":" + _SPACE, re.IGNORECASE)
    field = re.compile(rb"((?:^|&)(?:" + names + rb")=)[^&]+", re.IGNORECASE)
    plain = [name.lower().encode() for name in keys]

    def redact(body: bytes) -> bytes:
        is_json = body.lstrip(_BEFORE_JSON)[:1] in _MAY_BE_JSON
        lowered = body.lower()
        if (b"\\u00" if is_json else b"%") not in lowered and not any(name in lowered for name in plain):
            return body
        return b"".join(_pieces(body, key)) if is_json else field.sub(rb"\g<1>" + REDACTED, body)

    return redact


def _letter(letter: str) -> bytes:
    """Return the pattern of a letter as JSON or a form may write it."""
    if not letter.isascii():
        return re.escape(letter.encode())
    codes = {ord(letter.lower()), ord(letter.upper())}
    escaped = b"|".join(rb"\\+u00%02x|%%%02x" % (code, code) for code in sorted(codes))
    return b"(?:" + re.escape(letter.encode()) + b"|" + escaped + b")"


def _pieces(body: bytes, key: re.Pattern[bytes]) -> Iterator[bytes]:
    """Yield the body piece by piece, with the values of keys replaced."""
    at = 0
    while found := key.search(body, at):
        quote = found[1]
        end = _end_of_value(body, found.end(), quote)
        yield body[at : found.end()]
        value = body[found.end() : end]
        yield value if value in (b"", quote * 2, *_NO_SECRETS) else quote + REDACTED + quote
        at = end
    yield body[at:]


def _end_of_value(body: bytes, start: int, quote: bytes) -> int:
    """Return where the value that begins at `start` ends; the body's end where it never does.

    Args:
        body: all of it.
        start: where the value begins.
        quote: what surrounds texts there: a quotation mark, and before it a backslash for the first level of JSON in a text, three
            for the second, and so on.
    """
    if body.startswith(quote, start):
        return next((end for end in _ends_of_text(body, start + len(quote), quote)), len(body))
    if body[start : start + 1] not in (b"{", b"["):
        scalar = _SCALAR.match(body, start)
        return scalar.end() if scalar else start
    depth, at = 0, start
    while token := _TOKENS.search(body, at):
        at = token.end()
        if token[0] in (b"{", b"["):
            depth += 1
        elif token[0] in (b"}", b"]"):
            depth -= 1
            if depth == 0:
                return at
        elif token[0] == quote:
            at = next((end for end in _ends_of_text(body, at, quote)), len(body))
    return len(body)


def _ends_of_text(body: bytes, start: int, quote: bytes) -> Iterator[int]:
    """Yield where a text may end: behind the quotation marks that are not escaped at its level."""
    level = len(quote)
    for found in _QUOTES.finditer(body, start):
        backslashes = len(found[0]) - 1
        if backslashes % (2 * level) == level - 1:
            yield found.end()

r"""Taking credentials out of a body and leaving every other byte as it came.

JSON may stand in a text of JSON, that in a text again. Which text a quotation mark bounds is told by the backslashes before it:
none for the body's own texts (depth 0), one for those of JSON in a text (depth 1), three at depth 2, 2ⁿ - 1 at depth n; pairs of
escaped backslashes may come before. So a mark's depth is the number of ones at the end of the count in binary, and a mark
of a lesser depth ends the text that all around it stands in.
"""

import re
from collections.abc import Callable, Iterator
from typing import Final

from schemas.providers.redacted_tree import REDACTED, by_parsing, is_kept

_SPACE: Final = rb"(?:\s|\\+[nrt])*"
_MARKS: Final = re.compile(rb'\\*"')
_TOKENS: Final = re.compile(rb'\\*"|[{}\[\]]')
_SCALAR: Final = re.compile(rb"[^\s,\]}\\\"]+")
_NO_SECRETS: Final = (b"", b"null", b"true", b"false")
_BEFORE_JSON: Final = b"\xef\xbb\xbf \t\r\n"
_MAY_BE_JSON: Final = (b"{", b"[", b'"')


def redactor(*keys: str) -> Callable[[bytes], bytes]:
    """Return a function that replaces the values of these JSON keys, wherever they stand and whatever they are, by
    `[redacted]`, and the values of these fields of a form.

    A key is found in upper and lower case, with letters written as escapes, and within a text. Works on the bytes, so that
    spacing, order and number formats stay; a body without such a key comes back unchanged. A value never ends behind the text
    that its key stands in: what looks like a key in somebody's message costs nothing beside that message. A JSON body stays one.
    """
    names = b"|".join(b"".join(_letter(letter) for letter in key) for key in keys)
    key = re.compile(rb'"(?:' + names + rb')(\\*")' + _SPACE + b":" + _SPACE, re.IGNORECASE)
    field = re.compile(rb"((?:^|&)(?:" + names + rb")=)[^&]+", re.IGNORECASE)
    plain = [name.lower().encode() for name in keys]

    def redact_text(text: str) -> str:
        return b"".join(_pieces(text.encode("utf-8", "surrogatepass"), key)).decode("utf-8", "surrogatepass")

    def redact(body: bytes) -> bytes:
        is_json = body.lstrip(_BEFORE_JSON)[:1] in _MAY_BE_JSON
        lowered = body.lower()
        if (b"\\u00" if is_json else b"%") not in lowered and not any(name in lowered for name in plain):
            return body
        if not is_json:
            return field.sub(rb"\g<1>" + REDACTED, body)
        redacted = b"".join(_pieces(body, key))
        # By construction it is always kept. Were that wrong, what a sender believes stored would be lost: so it is looked at.
        return redacted if redacted == body or is_kept(body, redacted) else by_parsing(body, keys, redact_text)

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
    for found in key.finditer(body):
        start, depth = found.end(), _depth(found[1])
        if found.start() < at or _depth_before(body, found.start()) != depth:
            continue
        end = _end_of_value(body, start, depth)
        mark = b"\\" * ((1 << depth) - 1) + b'"'
        if body[start:end] in (*_NO_SECRETS, mark, mark * 2):
            continue
        yield body[at:start]
        yield mark + REDACTED + mark
        at = end
    yield body[at:]


def _depth(mark: bytes) -> int:
    """Return which texts a quotation mark bounds, given with all backslashes before it."""
    count = len(mark) - 1
    return (~count & (count + 1)).bit_length() - 1


def _depth_before(body: bytes, at: int) -> int:
    """Return the depth of the quotation mark at `at`."""
    first = at
    while first and body[first - 1] == ord("\\"):
        first -= 1
    return _depth(body[first : at + 1])


def _end_of_value(body: bytes, start: int, depth: int) -> int:
    """Return where the value that begins at `start` ends: at the latest with the text (the body) that it stands in."""
    opening = _MARKS.match(body, start)
    if opening:
        return _end_of_text(body, opening.end(), depth)[0] if _depth(opening[0]) == depth else start
    if body[start : start + 1] not in (b"{", b"["):
        scalar = _SCALAR.match(body, start)
        return scalar.end() if scalar else start
    level, at = 0, start
    while token := _TOKENS.search(body, at):
        at = token.end()
        if token[0] in (b"{", b"["):
            level += 1
        elif token[0] in (b"}", b"]"):
            level -= 1
            if level == 0:
                return at
        elif (of_mark := _depth(token[0])) < depth:
            return at - (1 << of_mark)
        elif of_mark == depth:
            at, is_whole = _end_of_text(body, at, depth)
            if not is_whole:
                return at
    return len(body)


def _end_of_text(body: bytes, start: int, depth: int) -> tuple[int, bool]:
    """Return where the text of this depth ends, behind its quotation mark, and whether it has one; one that has none ends
    with the text that it stands in, before that one's mark.
    """
    for found in _MARKS.finditer(body, start):
        of_mark = _depth(found[0])
        if of_mark <= depth:
            return (found.end(), True) if of_mark == depth else (found.end() - (1 << of_mark), False)
    return len(body), False

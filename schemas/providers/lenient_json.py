r"""JSON as senders write it and the fast parser refuses it: read all the same, so that one harmless element costs no whole body.

JavaScript writes half of an emoji that was cut as a lone surrogate (`\\ud83d`); Python writes NaN and numbers that no double holds;
some put a byte order mark first, raw control characters into texts, or bytes that are no UTF-8.
"""

import json
import re
from math import isfinite
from typing import Any, Final

from schemas.topics import MAX_RECORD_BYTES

BYTES_MAX: Final = MAX_RECORD_BYTES
"""Of a body that is tried; a larger one would be no record."""
_DIGITS_MAX: Final = 19
_REPLACEMENT: Final = r"\ufffd"
_ESCAPES: Final = re.compile(
    r"(\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2})|(\\u[dD][89a-fA-F][0-9a-fA-F]{2})|\\."
)
"""A pair of surrogates, a lone one, any other escape."""


def load_leniently(body: bytes) -> Any:
    """Return the document of a body that the fast parser refuses; None where it is no JSON, or too large, or nested too deep.

    Lone surrogates and bytes that are no UTF-8 are replacement characters (U+FFFD); numbers that are none, or that no double
    holds, are null.
    """
    if len(body) > BYTES_MAX:
        return None
    text = body.decode("utf-8-sig", "replace")
    if text.lstrip()[:1] not in ("{", "["):
        return None
    if "\\u" in text:
        text = _ESCAPES.sub(lambda found: _REPLACEMENT if found[2] else found[0], text)
    try:
        return _decode(text.strip())
    except (ValueError, RecursionError):
        return None


def _float(digits: str) -> float | None:
    number = float(digits)
    return number if isfinite(number) else None


def _int(digits: str) -> float | None:
    return int(digits) if len(digits) < _DIGITS_MAX else _float(digits)


_decode: Final = json.JSONDecoder(
    parse_float=_float, parse_int=_int, parse_constant=lambda _: None, strict=False
).decode

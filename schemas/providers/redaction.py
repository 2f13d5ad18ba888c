"""Taking credentials out of a body and leaving every other byte as it came."""

import re
from collections.abc import Callable

REDACTED = b"[redacted]"


_JSON_BEGINS = (b"{", b"[")


def redactor(*keys: str) -> Callable[[bytes], bytes]:
    """Return a function that replaces the text values of these JSON keys, wherever they stand, by `[redacted]`, and the
    values of these fields of a form.

    Works on the bytes, so that spacing, order and number formats stay; a body without such a value comes back
    unchanged. A key written with escapes is not found: no JSON library writes letters so.
    """
    names = "|".join(re.escape(key) for key in keys)
    pattern = re.compile(rf'("(?:{names})"\s*:\s*")(?!")[^"\\]*(?:\\.[^"\\]*)*(")'.encode(), re.DOTALL)
    in_form = re.compile(rf"((?:^|&)(?:{names})=)[^&]+".encode())
    probes = tuple(f'"{key}"'.encode() for key in keys)
    form_probes = tuple(f"{key}=".encode() for key in keys)

    def redact(body: bytes) -> bytes:
        if body.lstrip()[:1] not in _JSON_BEGINS:
            return in_form.sub(rb"\g<1>" + REDACTED, body) if any(probe in body for probe in form_probes) else body
        if not any(probe in body for probe in probes):
            return body
        return pattern.sub(rb"\g<1>" + REDACTED + rb"\g<2>", body)

    return redact

"""A CloudEvent in binary mode, as one in structured mode: its attributes are in headers `ce-…`, its data is the body.

Source: cloudevents/spec, HTTP protocol binding 3.1 (values are percent-encoded UTF-8; `Content-Type` is `datacontenttype`).
The data's bytes stay as they are, as the last member. Attributes are headers, so a signature of the body does not cover them.
"""

from collections.abc import Sequence
from typing import Final
from urllib.parse import unquote

import orjson

from schemas.providers.provider import Enveloped
from schemas.providers.reading import load

_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"
_PREFIX: Final = b"ce-"
_NEEDED: Final = ("specversion", "id", "source", "type")
_OURS: Final = ("data", "data_base64", "datacontenttype")
_STRUCTURED: Final = b"application/cloudevents"


def enveloped(headers: Sequence[tuple[bytes, bytes]], body: bytes) -> Enveloped | None:
    """Return the event in structured mode; None where it is that already, or is no CloudEvent.

    Args:
        headers: lower-case names and values, as ASGI gives them.
        body: verified and decompressed.
    """
    own, body = dict(headers), body.removeprefix(_BYTE_ORDER_MARK)
    content_type = own.get(b"content-type", b"")
    if b"ce-specversion" not in own or content_type.lower().startswith(_STRUCTURED):
        return None
    attributes = {
        name[len(_PREFIX) :].decode("latin-1"): unquote(value.decode("latin-1").strip())
        for name, value in headers
        if name.startswith(_PREFIX)
    }
    attributes = {name: value for name, value in attributes.items() if name and name not in _OURS}
    if not all(attributes.get(name) for name in _NEEDED) or (body and load(body) is None):
        return None
    if content_type:
        attributes["datacontenttype"] = content_type.decode("latin-1").strip()
    envelope = orjson.dumps(attributes)
    whole = envelope[:-1] + b',"data":' + body + b"}" if body else envelope
    left = [(name, value) for name, value in headers if not name.startswith(_PREFIX) and name != b"content-type"]
    return Enveloped(whole, [*left, (b"content-type", b"application/cloudevents+json")])

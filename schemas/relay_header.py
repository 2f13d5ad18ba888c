"""The `relay` header: a request's own headers and query, kept where a source hands its webhooks on. Pure."""

from collections.abc import Sequence
from typing import Final

import msgspec

REQUEST_ID_HEADER: Final = "Recibo-Request-Id"
"""The header by which a receiver of relayed webhooks knows one that it has had."""

_LEFT_OUT: Final = frozenset(
    {
        # Of one connection only, as are those that `Connection` names (RFC 9110), or written by each sender itself.
        b"connection",
        b"content-encoding",
        b"content-length",
        b"expect",
        b"host",
        b"keep-alive",
        b"te",
        b"trailer",
        b"transfer-encoding",
        b"upgrade",
        REQUEST_ID_HEADER.lower().encode(),  # ours to say
        # Credentials that are good for more than this one body.
        b"authorization",
        b"cookie",
        b"proxy-authorization",
    }
)


def relay_header(headers: Sequence[tuple[bytes, bytes]], query: bytes, secret_header: str) -> bytes:
    """Return the `relay` header's value, JSON: `{"headers": [[name, value], …], "query": text}`.

    Args:
        headers: the request's, as ASGI gives them.
        query: of the URL, without `?`.
        secret_header: name of the header in which this source's secret itself travels; "" for none.
    """
    of_connection = {
        word.strip().lower() for name, value in headers if name == b"connection" for word in value.split(b",")
    }
    left_out = _LEFT_OUT | of_connection | {secret_header.lower().encode()}
    kept = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in headers if name not in left_out]
    return msgspec.json.encode({"headers": kept, "query": query.decode("latin-1")})


class Relayed(msgspec.Struct, frozen=True):
    """What a `relay` header says."""

    headers: list[tuple[str, str]]
    query: str


_decode = msgspec.json.Decoder(Relayed).decode


def read_relay_header(value: bytes) -> Relayed:
    """Read a `relay` header. Raises msgspec.DecodeError."""
    return _decode(value)

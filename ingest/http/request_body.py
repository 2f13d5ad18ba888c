"""Reading a body within its limits: bytes counted as they come, and again as they are decompressed."""

import asyncio
import zlib
from collections.abc import Awaitable, Callable
from typing import Any, Final

import cramjam

from ingest.http.problems import MALFORMED, OVERLOADED, TOO_LARGE, TOO_SLOW, WRONG_TYPE, Refusal

Receive = Callable[[], Awaitable[dict[str, Any]]]


class Refused(Exception):
    """The body is not taken."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.title)
        self.refusal = refusal


class HungUp(Exception):
    """The client left before its body was there."""


class BytesInFlight:
    """Bytes of bodies held in memory now, over all requests of this process."""

    __slots__ = ("limit", "now")

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.now = 0


async def read_body(receive: Receive, *, bytes_max: int, s_max: float, held: BytesInFlight) -> bytes:
    """Return a whole body. Its bytes are added to `held` as they come, and stay there: the caller gives them back.

    Args:
        receive: ASGI's.
        bytes_max: of the body.
        s_max: for all of it.
        held: what this process holds of all bodies.

    Raises:
        Refused: too large, too slow, or too much is held already.
        HungUp: the client is gone.
    """
    try:
        async with asyncio.timeout(s_max):
            return await _collect(receive, bytes_max, held)
    except TimeoutError:
        raise Refused(TOO_SLOW) from None


async def _collect(receive: Receive, bytes_max: int, held: BytesInFlight) -> bytes:
    chunks: list[bytes] = []
    total = 0
    try:
        while True:
            message = await receive()
            chunk: bytes = message.get("body", b"")
            total += len(chunk)
            held.now += len(chunk)
            _check(message, total, bytes_max, held)
            chunks.append(chunk)
            if not message.get("more_body", False):
                return b"".join(chunks) if len(chunks) > 1 else chunk
    except BaseException:
        held.now -= total
        raise


def _check(message: dict[str, Any], total: int, bytes_max: int, held: BytesInFlight) -> None:
    if message["type"] == "http.disconnect":
        raise HungUp
    if total > bytes_max:
        raise Refused(TOO_LARGE)
    if held.now > held.limit:
        raise Refused(OVERLOADED)


def decompress(body: bytes, coding: str, bytes_max: int) -> bytes:
    """Return a body with its content coding undone.

    Args:
        body: as received.
        coding: the Content-Encoding, e.g. `gzip`; "" or `identity` for none.
        bytes_max: of the result; a bomb is left unfinished.

    Raises:
        Refused: an unknown coding, bytes that are not in it (behind its end too), or a result over the limit.
    """
    coding = coding.strip().lower()
    if coding in ("", "identity"):
        return body
    if coding == "deflate":
        return _undone_deflate(body, bytes_max)
    decompress_into = _DECOMPRESS_INTO.get(coding)
    if decompress_into is None:
        raise Refused(WRONG_TYPE)
    output = bytearray(bytes_max)
    try:
        length = decompress_into(body, output)
    except cramjam.DecompressionError as error:
        raise Refused(TOO_LARGE if _BUFFER_FULL in str(error) else MALFORMED) from error
    return bytes(memoryview(output)[:length])


def _undone_deflate(body: bytes, bytes_max: int) -> bytes:
    """Undo `deflate`: the zlib format (RFC 9110), though some send it bare."""
    try:
        return _inflated(body, bytes_max, zlib.MAX_WBITS)
    except zlib.error:
        try:
            return _inflated(body, bytes_max, -zlib.MAX_WBITS)
        except zlib.error as error:
            raise Refused(MALFORMED) from error


def _inflated(body: bytes, bytes_max: int, format_bits: int) -> bytes:
    """Return what a stream of zlib's gives. Raises zlib.error, and Refused."""
    stream = zlib.decompressobj(format_bits)
    inflated = stream.decompress(body, bytes_max + 1)
    if len(inflated) > bytes_max:
        raise Refused(TOO_LARGE)
    if not stream.eof or stream.unused_data:
        raise Refused(MALFORMED)
    return inflated


def _brotli_into(body: bytes, output: bytearray) -> int:
    """Undo `br`, all of it: cramjam does not tell of bytes behind the stream. One that goes without its last byte has some."""
    length = cramjam.brotli.decompress_into(body, output)
    try:
        cramjam.brotli.decompress_into(memoryview(body)[:-1], bytearray(length))
    except cramjam.DecompressionError:
        return length
    raise Refused(MALFORMED)


_BUFFER_FULL: Final = "failed to write whole buffer"
"""What cramjam says of a result larger than its buffer; a test holds it to that."""

_DECOMPRESS_INTO: Final[dict[str, Callable[[bytes, bytearray], int]]] = {
    "gzip": cramjam.gzip.decompress_into,
    "x-gzip": cramjam.gzip.decompress_into,
    "br": _brotli_into,
    "zstd": cramjam.zstd.decompress_into,
}

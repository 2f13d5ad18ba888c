"""Content encodings of ClickHouse's HTTP interface: lz4 (frames), zstd, gzip, deflate and brotli."""

from types import ModuleType

import cramjam

from deploy.local.clickhouse.errors import refusal

_CODECS: dict[str, ModuleType] = {
    "lz4": cramjam.lz4,
    "zstd": cramjam.zstd,
    "gzip": cramjam.gzip,
    "deflate": cramjam.zlib,
    "br": cramjam.brotli,
}
"""In the order of our liking for answers: on a loopback interface time matters more than bytes."""

_WORTH_COMPRESSING_BYTES = 4096


def decompress(data: bytes, encoding: str) -> bytes:
    """Return the bytes behind a Content-Encoding.

    Raises:
        EngineError: the encoding is unknown, or the bytes are not of it.
    """
    if encoding in ("", "identity"):
        return data
    codec = _CODECS.get(encoding)
    if codec is None:
        raise refusal(48, "NOT_IMPLEMENTED", f"Unknown Content-Encoding {encoding!r}; known: {', '.join(_CODECS)}")
    try:
        return bytes(codec.decompress(data))
    except cramjam.DecompressionError as error:
        raise refusal(
            117, "INCORRECT_DATA", f"The body is not {encoding} as its Content-Encoding says: {error}"
        ) from error


def compress(data: bytes, accepted: str) -> tuple[bytes, str | None]:
    """Return `data` in the first encoding of ours that Accept-Encoding names, and that encoding's name."""
    offered = {item.partition(";")[0].strip() for item in accepted.split(",")}
    chosen = next((name for name in _CODECS if name in offered), None)
    if chosen is None or len(data) < _WORTH_COMPRESSING_BYTES:
        return data, None
    return bytes(_CODECS[chosen].compress(data)), chosen

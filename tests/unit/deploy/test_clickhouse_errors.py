"""Errors of the local ClickHouse, worded and numbered as ClickHouse's."""

import pytest

from deploy.local.clickhouse.compression import compress, decompress
from deploy.local.clickhouse.errors import EngineError


@pytest.mark.parametrize(
    ("text", "code", "status"),
    [
        ("Code: 60. DB::Exception: Unknown table nope. (UNKNOWN_TABLE)", 60, 404),
        ("Streaming insert finish failed: Code: 27. DB::Exception: x (CANNOT_PARSE_INPUT_ASSERTION_FAILED)\n", 27, 400),
        ("Code: 159. DB::Exception: Timeout exceeded (TIMEOUT_EXCEEDED)", 159, 408),
        ("Code: 241. DB::Exception: too much (MEMORY_LIMIT_EXCEEDED)", 241, 500),
        ("something else", 1001, 500),
    ],
)
def test_code_and_status_come_from_the_text(text: str, code: int, status: int) -> None:
    """An error's code and HTTP status are those that ClickHouse gives, and its text begins with the code."""
    error = EngineError(text)
    assert (error.code, error.status) == (code, status)
    assert error.text.startswith(f"Code: {code}. DB::Exception: ")


@pytest.mark.parametrize("encoding", ["lz4", "zstd", "gzip", "deflate", "br"])
def test_encodings_are_read_as_they_are_written(encoding: str) -> None:
    """What is compressed for an answer is what the same encoding decompresses in a request."""
    data = b"recibo" * 10_000
    packed, chosen = compress(data, f"unheard-of, {encoding};q=0.5")
    assert chosen == encoding
    assert len(packed) < len(data)
    assert decompress(packed, encoding) == data


@pytest.mark.parametrize(("encoding", "status"), [("snappy", 501), ("gzip", 400)])
def test_a_body_that_cannot_be_decompressed_is_refused(encoding: str, status: int) -> None:
    """An unknown encoding, or bytes that are not of it, is the client's error."""
    with pytest.raises(EngineError) as refused:
        decompress(b"not compressed", encoding)
    assert refused.value.status == status

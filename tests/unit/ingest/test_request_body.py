"""Bodies are counted while they come and again while they are decompressed."""

import asyncio
from typing import Any

import cramjam
import pytest

from ingest.http.problems import MALFORMED, OVERLOADED, TOO_LARGE, TOO_SLOW, WRONG_TYPE, Refusal
from ingest.http.request_body import BytesInFlight, HungUp, Refused, decompress, read_body

COMPRESS = {
    "gzip": cramjam.gzip.compress,
    "x-gzip": cramjam.gzip.compress,
    "deflate": cramjam.zlib.compress,
    "br": cramjam.brotli.compress,
    "zstd": cramjam.zstd.compress,
}
BODY = b'{"event": "read"}' * 50


class Sender:
    """A client that sends what it is given, then hangs."""

    def __init__(self, *messages: dict[str, Any]) -> None:
        self._messages = list(messages)

    async def receive(self) -> dict[str, Any]:
        """ASGI's."""
        if not self._messages:
            await asyncio.Event().wait()
        return self._messages.pop(0)


def chunk(data: bytes, *, more: bool = True) -> dict[str, Any]:
    return {"type": "http.request", "body": data, "more_body": more}


async def refusal_of(sender: Sender, held: BytesInFlight, *, s_max: float = 5) -> Refusal:
    with pytest.raises(Refused) as caught:
        await read_body(sender.receive, bytes_max=10, s_max=s_max, held=held)
    return caught.value.refusal


async def test_body_in_chunks_is_joined_and_counted() -> None:
    """A body comes back whole, and its bytes stay counted until the caller gives them back."""
    held = BytesInFlight(100)
    sender = Sender(chunk(b"abc"), chunk(b""), chunk(b"def", more=False))
    assert await read_body(sender.receive, bytes_max=6, s_max=5, held=held) == b"abcdef"
    assert held.now == 6


async def test_body_over_the_limit_is_refused_as_soon_as_it_is() -> None:
    """The first byte too many refuses the body, without waiting for its end; nothing stays counted."""
    held = BytesInFlight(100)
    assert await refusal_of(Sender(chunk(b"x" * 10), chunk(b"x")), held) is TOO_LARGE
    assert held.now == 0


async def test_slow_body_is_refused() -> None:
    """A body that does not end in time is refused; nothing stays counted."""
    held = BytesInFlight(100)
    assert await refusal_of(Sender(chunk(b"x")), held, s_max=0.01) is TOO_SLOW
    assert held.now == 0


async def test_too_much_in_memory_is_refused() -> None:
    """Where all bodies together are over the process's limit, the one that would grow it is refused."""
    held = BytesInFlight(100)
    held.now = 99
    assert await refusal_of(Sender(chunk(b"xx", more=False)), held) is OVERLOADED
    assert held.now == 99


async def test_client_that_leaves() -> None:
    """A client that leaves in the middle is distinguished from a refusal; nothing stays counted."""
    held = BytesInFlight(100)
    sender = Sender(chunk(b"x"), {"type": "http.disconnect"})
    with pytest.raises(HungUp):
        await read_body(sender.receive, bytes_max=10, s_max=5, held=held)
    assert held.now == 0


@pytest.mark.parametrize("coding", COMPRESS)
def test_every_coding_is_undone_up_to_the_limit(coding: str) -> None:
    """A result of exactly the limit passes; one byte less of room, and it is too large; torn bytes are malformed."""
    raw = bytes(COMPRESS[coding](BODY))
    assert decompress(raw, coding, len(BODY)) == BODY
    assert decompress(raw, f" {coding.upper()} ", len(BODY) + 1) == BODY
    for room in (len(BODY) - 1, 1, 0):
        with pytest.raises(Refused) as caught:
            decompress(raw, coding, room)
        assert caught.value.refusal is TOO_LARGE
    for torn in (raw[:-3], raw[:5], b"", b"garbage" * 9):
        with pytest.raises(Refused) as caught:
            decompress(torn, coding, 10_000)
        assert caught.value.refusal is MALFORMED


@pytest.mark.parametrize("coding", [*COMPRESS, "bare deflate"])
def test_bytes_behind_a_body_are_not_dropped(coding: str) -> None:
    """What the coding does not take in is malformed, be it one byte or a second body, where the coding knows no such thing."""
    compress = COMPRESS.get(coding, cramjam.deflate.compress)
    raw, coding = bytes(compress(BODY)), coding.rpartition(" ")[2]
    for behind in (b"X", b"\0", b"garbage" * 9, raw):
        if behind is raw and coding in ("gzip", "x-gzip", "zstd"):
            assert decompress(raw + behind, coding, 10_000) == BODY * 2
            continue
        with pytest.raises(Refused) as caught:
            decompress(raw + behind, coding, 10_000)
        assert caught.value.refusal is MALFORMED


@pytest.mark.parametrize("coding", COMPRESS)
def test_bombs_are_left_unfinished(coding: str) -> None:
    """Sixty-four megabytes out of a few kilobytes are refused."""
    bomb = bytes(COMPRESS[coding](b"\0" * 64_000_000))
    assert len(bomb) < 100_000
    with pytest.raises(Refused) as caught:
        decompress(bomb, coding, 3_000_000)
    assert caught.value.refusal is TOO_LARGE


def test_no_coding_and_unknown_ones() -> None:
    """Without a coding the bytes are the body; several, or an unknown one, are refused as a type."""
    assert decompress(BODY, "", 1) is BODY
    assert decompress(BODY, "identity", 1) is BODY
    assert decompress(bytes(cramjam.deflate.compress(BODY)), "deflate", 9999) == BODY, "sent bare, as some do"
    for coding in ("gzip, gzip", "sdch", "compress"):
        with pytest.raises(Refused) as caught:
            decompress(BODY, coding, 9999)
        assert caught.value.refusal is WRONG_TYPE

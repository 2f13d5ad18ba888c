"""A spool segment's records survive what happens to the bytes around them."""

import pytest

from ingest.durable.spool_segment import Reading, Span, Spooled, decode, encode
from ingest.log_record import LogRecord

SPOOLED = [
    Spooled(
        "webhook.raw",
        LogRecord(b"acme/m-%d" % n, b'{"n": %d}' % n * n, [("source", b"{}"), ("request", b"r%d:0:single:1" % n)]),
    )
    for n in range(4)
]
MARKER = 0x0123_4567_89AB_CDEF
FRAMES = [encode(spooled, MARKER) for spooled in SPOOLED]
DATA = b"".join(FRAMES)
SPANS = [Span(sum(map(len, FRAMES[:n])), sum(map(len, FRAMES[: n + 1]))) for n in range(len(FRAMES))]


def test_what_was_written_is_read() -> None:
    """Records come back in order, with topic, key, value and headers, and nothing is damaged."""
    assert decode(DATA, MARKER) == Reading(SPOOLED, SPANS, [], 0)
    assert decode(b"", MARKER) == Reading([], [], [], 0)


def test_torn_at_every_byte() -> None:
    """A segment cut anywhere keeps every record that is whole; the torn one is recognised."""
    ends = [sum(map(len, FRAMES[: n + 1])) for n in range(len(FRAMES))]
    for cut in range(len(DATA)):
        reading = decode(DATA[:cut], MARKER)
        whole = sum(1 for end in ends if end <= cut)
        assert reading.records == SPOOLED[:whole]
        assert (reading.damaged, reading.torn_bytes) == ([], cut - ([0, *ends][whole])), "it was never acknowledged"


@pytest.mark.parametrize("bit", range(8))
def test_flipped_at_every_byte(bit: int) -> None:
    """A flipped bit costs the one record it is in, wherever it is: the others are kept."""
    for position in range(len(DATA)):
        flipped = bytearray(DATA)
        flipped[position] ^= 1 << bit
        reading = decode(bytes(flipped), MARKER)
        hit = next(n for n in range(len(FRAMES)) if position < sum(map(len, FRAMES[: n + 1])))
        others = [spooled for n, spooled in enumerate(SPOOLED) if n != hit]
        # Base offset and leader epoch are outside the checksum, as in Kafka's own log, and mean nothing here.
        assert reading.records in (others, SPOOLED)
        assert reading.damaged == ([] if reading.records == SPOOLED else [SPANS[hit]])
        assert reading.torn_bytes == 0, "what was acknowledged is never taken for a record that was being written"


def test_garbage_between_records() -> None:
    """Bytes of something else between two records are skipped."""
    reading = decode(FRAMES[0] + b"\x00" * 100 + b"\x02" * 100 + FRAMES[1], MARKER)
    end = len(FRAMES[0])
    assert (reading.records, reading.damaged) == (SPOOLED[:2], [Span(end, end + 200)])


def test_record_that_a_stranger_wrote_is_none() -> None:
    """A body that is itself a well-formed record of another source is not read as one where the record around it is torn."""
    forged = encode(Spooled("webhook.raw", LogRecord(b"victim/m-1", b"{}", [("source", b"{}")])), MARKER + 1)
    around = bytearray(encode(Spooled("webhook.raw", LogRecord(b"acme/m-1", forged, [])), MARKER))
    around[-1] ^= 1
    reading = decode(bytes(around) + FRAMES[0], MARKER)
    assert (reading.records, reading.damaged) == (SPOOLED[:1], [Span(0, len(around))])


def test_what_is_done_is_left_out() -> None:
    """Stretches that are dealt with are neither read nor checked again, and count neither as damaged nor as torn."""
    done = {SPANS[0].begin: SPANS[1].end, SPANS[3].begin: SPANS[3].end}
    assert decode(DATA, MARKER, done) == Reading(SPOOLED[2:3], SPANS[2:3], [], 0)
    assert decode(DATA, MARKER, {0: len(DATA)}) == Reading([], [], [], 0)


def test_nothing_but_zeros_at_the_end_is_torn() -> None:
    """A file that a power cut left longer than what was written ends in zeros, which nobody needs."""
    assert decode(DATA + bytes(4096), MARKER).torn_bytes == 4096


def test_why_a_record_was_refused_is_kept_with_it() -> None:
    """What Kafka said travels beside the record, not in it."""
    spooled = Spooled("webhook.raw", SPOOLED[1].record, "too large")
    for one in (
        spooled,
        spooled._replace(prefix=""),
        spooled._replace(prefix="prod."),
        SPOOLED[1]._replace(prefix="p."),
    ):
        assert decode(encode(one, MARKER), MARKER).records == [one]

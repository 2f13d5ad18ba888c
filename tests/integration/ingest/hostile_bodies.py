"""Bodies that break parsers: endless, seeded, each of a kind that somebody has been hurt by."""

import random
from collections.abc import Callable, Iterator
from typing import Any, Final

import orjson

from tests.support.running_ingest import event_body

_NESTING: Final = 100_000
_DIGITS: Final = 5_000

_ODD_VALUES: Final[tuple[bytes, ...]] = (
    b"null",
    b"true",
    b"false",
    b"0",
    b"-0",
    b"-1",
    b"1e400",
    b"-1e400",
    b"NaN",
    b"Infinity",
    b"9223372036854775808",
    b"18446744073709551616",
    b"1.7976931348623157e309",
    b"0.1e-400",
    b'""',
    b'" "',
    b'"\\u0000"',
    b'"\\ud800"',
    b'"\\udfff\\ud800"',
    b'"\xed\xa0\x80"',
    b'"\xc0\xaf"',
    b'"\xff"',
    b'"\xf4\x90\x80\x80"',
    b'"a\x00b"',
    b'"line\nbreak"',
    b"[]",
    b"[[]]",
    b"{}",
    b'{"id": {"id": {}}}',
    b'"=cmd|calc"',
    b'"\'; DROP TABLE message_state; --"',
    b'"../../etc/passwd"',
    b'"${jndi:ldap://x}"',
    b'"\\u202e\\u0007\\u001b[31m"',
    b'"' + b"x" * 600 + b'"',
    b"1" * _DIGITS,
    b"01",
    b"+1",
    b".5",
    b"'single'",
    b"undefined",
    b"// comment",
)


def _wrong_type_somewhere(rnd: random.Random) -> bytes:
    """Put an odd value where a field's value is."""
    document: dict[str, Any] = orjson.loads(event_body(rnd.getrandbits(40)))
    paths = [("event_id",), ("event",), ("message",), ("connection",), ("occurred_at",), ("message", "id")]
    path = rnd.choice(paths)
    holder = document
    for key in path[:-1]:
        holder = holder[key]
    holder[path[-1]] = "@@"
    odd = rnd.choice(_ODD_VALUES)
    return orjson.dumps(document | {"n": rnd.getrandbits(40)}).replace(b'"@@"', odd)


def _flipped(rnd: random.Random) -> bytes:
    body = bytearray(event_body(rnd.getrandbits(40)))
    for _ in range(rnd.randint(1, 4)):
        body[rnd.randrange(len(body))] = rnd.randrange(256)
    return bytes(body)


def _truncated(rnd: random.Random) -> bytes:
    body = event_body(rnd.getrandbits(40))
    return body[: rnd.randrange(len(body))]


def _duplicate_keys(rnd: random.Random) -> bytes:
    first, second = rnd.getrandbits(40), rnd.getrandbits(40)
    return b'{"event":"read","message":{"id":"m-%d","id":"m-%d"},"event":"error","message":{}}' % (first, second)


def _nested(rnd: random.Random) -> bytes:
    depth = rnd.choice((500, 1_023, 1_024, 1_025, 5_000, _NESTING))
    opening, closing = rnd.choice(((b"[", b"]"), (b'{"message":', b"}"), (b'{"events":[', b"]}")))
    inside = b"%d" % rnd.getrandbits(40)
    return opening * depth + inside + (closing * depth if rnd.random() < 0.7 else b"")


def _prefixed(rnd: random.Random) -> bytes:
    prefix = rnd.choice((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff", b"\x00", b"\x0c", b")]}',\n", b"\x1e", b"\xa0"))
    return prefix + event_body(rnd.getrandbits(40))


def _other_encoding(rnd: random.Random) -> bytes:
    return event_body(rnd.getrandbits(40)).decode().encode(rnd.choice(("utf-16", "utf-32", "utf-16-be", "cp037")))


def _many_events(rnd: random.Random) -> bytes:
    count = rnd.choice((0, 1, 2, 3, 50))
    elements = b",".join(
        rnd.choice((event_body(rnd.getrandbits(40)), *_ODD_VALUES[:8], b"[]", b"{}")) for _ in range(count)
    )
    shape = rnd.choice((b"[%b]", b'{"events":[%b],"n":%d}', b'{"statuses":[%b]}', b'{"events":{"events":[%b]}}'))
    return shape % ((elements, rnd.getrandbits(40)) if b"%d" in shape else elements)


def _random_bytes(rnd: random.Random) -> bytes:
    return rnd.randbytes(rnd.randrange(200))


def _random_json(rnd: random.Random) -> bytes:
    def value(depth: int) -> Any:
        kind = rnd.randrange(8 if depth else 5)
        if kind >= 5 and rnd.random() < 0.5:
            return [value(depth - 1) for _ in range(rnd.randrange(4))]
        if kind >= 5:
            keys = ("event", "message", "id", "status", "entry", "changes", "value", "statuses", "events", "", "\u0000")
            return {rnd.choice(keys): value(depth - 1) for _ in range(rnd.randrange(5))}
        return rnd.choice(
            (None, True, rnd.getrandbits(53), rnd.random(), chr(rnd.randrange(0xD7FF)) * rnd.randrange(9))
        )

    return orjson.dumps(value(6))


def _large(rnd: random.Random) -> bytes:
    filler = rnd.choice(
        (b'"%b"' % (b"x" * 200_000), b"[%b]" % (b"0," * 100_000 + b"0"), b"[%b]" % (b"1e15," * 9_999 + b"1"))
    )
    return b'{"event":"read","message":{"id":"m-%d"},"filler":%b}' % (rnd.getrandbits(40), filler)


_KINDS: Final[tuple[tuple[int, Callable[[random.Random], bytes]], ...]] = (
    (30, _wrong_type_somewhere),
    (20, _flipped),
    (10, _truncated),
    (4, _duplicate_keys),
    (1, _nested),
    (4, _prefixed),
    (3, _other_encoding),
    (8, _many_events),
    (8, _random_bytes),
    (12, _random_json),
    (1, _large),
)


def bodies(rnd: random.Random) -> Iterator[bytes]:
    """Yield bodies without end."""
    weights = [weight for weight, _ in _KINDS]
    makers = [make for _, make in _KINDS]
    while True:
        (make,) = rnd.choices(makers, weights)
        # A large or deep one now and then: they are what memory limits are for, and cost a test its time.
        if make in (_nested, _large) and rnd.random() < 0.5:
            continue
        yield make(rnd)

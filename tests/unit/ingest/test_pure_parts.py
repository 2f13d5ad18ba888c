"""The small pure parts of ingest: records, partitions, ids, rates, addresses, relayed headers, settings."""

import ipaddress
import random
from itertools import pairwise

import orjson
import pytest
from aiokafka.partitioner import DefaultPartitioner
from hypothesis import given
from hypothesis import strategies as st

from ingest.http.caller_address import caller_address
from ingest.http.rate_limit import FailedAttempts, TokenBucket
from ingest.http.request_headers import RequestHeaders
from ingest.log_record import LogRecord
from ingest.raw_records import PART_BYTES_MAX, raw_records
from ingest.request_id import new_request_id
from ingest.settings import Settings, from_environ
from schemas.errors import ConfigurationError
from schemas.partitioner import PrefixedKeys, partition_of
from schemas.providers.provider import Part
from schemas.record import decode_request
from schemas.relay_header import relay_header

REQUEST_ID = f"{7:032x}"


def records(body: bytes, parts: list[Part], relay: bytes | None = None) -> list[LogRecord]:
    return raw_records(
        account="acme",
        source_header=b"{}",
        request_id=REQUEST_ID,
        received_at_ms=42,
        body=body,
        parts=parts,
        relay=relay,
    )


@given(st.binary(max_size=1200), st.integers(1, 64))
def test_partition_is_that_of_every_kafka_client(key: bytes, partitions: int) -> None:
    """A key's partition is the default partitioner's, for every key and count."""
    everything = list(range(partitions))
    assert partition_of(key, partitions) == DefaultPartitioner()(key, everything, everything)


@given(st.binary(max_size=90), st.lists(st.binary(max_size=20), min_size=1, max_size=5), st.integers(1, 64))
def test_keys_that_begin_alike_are_where_each_would_be(prefix: bytes, ends: list[bytes], partitions: int) -> None:
    """Hashing what keys share once changes no key's partition."""
    keys = PrefixedKeys(prefix, partitions)
    assert [keys.of(prefix + end) for end in ends] == [partition_of(prefix + end, partitions) for end in ends]


def test_single_event_is_verbatim() -> None:
    """One event is one record, verbatim, keyed by its subject, or by the request where it has none."""
    (record,) = records(b" {} ", [Part("m-1", b"re-wrapped")])
    assert (record.key, record.value) == (b"acme/m-1", b" {} ")
    (unreadable,) = records(b"?", [Part(None, b"?")])
    assert unreadable.key == REQUEST_ID.encode()


def test_several_events() -> None:
    """Several events are the whole body once, and each one re-wrapped; the first record carries what is relayed."""
    made = records(b"[1,2]", [Part("m-1", b"[1]"), Part(None, b"[2]")], relay=b"R")
    stamps = [decode_request(dict(record.headers)["request"]) for record in made]
    assert [(s.index, s.kind, s.received_at_ms) for s in stamps] == [
        (-1, "batch", 42),
        (0, "part", 42),
        (1, "part", 42),
    ]
    own = REQUEST_ID.encode()
    assert [(r.key, r.value) for r in made] == [(own, b"[1,2]"), (b"acme/m-1", b"[1]"), (own, b"[2]")]
    assert [dict(record.headers).get("relay") for record in made] == [b"R", None, None]


def test_event_too_large_for_a_record_keeps_the_body_whole() -> None:
    """Where re-wrapping made an event too large for the log, the body is kept as one record; so is one without parts."""
    huge = Part("m-1", b"x" * (PART_BYTES_MAX + 1))
    for parts in ([huge, huge], []):
        (record,) = records(b"body", parts)
        assert (record.key, record.value) == (REQUEST_ID.encode(), b"body")


def test_request_ids_sort_by_time_and_never_meet() -> None:
    """Ids are 32 lower-case hexadecimal digits, in order of time, all different."""
    ids = [new_request_id(ms) for ms in range(1_773_144_000_000, 1_773_144_002_000)]
    assert all(len(i) == 32 and set(i) <= set("0123456789abcdef") for i in ids)
    assert all(a < b for a, b in pairwise(ids))
    assert len({new_request_id(5) for _ in range(10_000)}) == 10_000


def test_token_bucket() -> None:
    """A bucket gives its burst, then its rate, and never holds more than the burst."""
    bucket = TokenBucket(per_second=10, burst=3)
    assert [bucket.take(0.0) for _ in range(4)] == [True, True, True, False]
    assert not bucket.take(0.05)
    assert bucket.take(0.15)
    assert [bucket.take(1000.0) for _ in range(4)] == [True, True, True, False]


def test_failed_attempts_are_limited_by_the_minute_and_bounded() -> None:
    """An address is over its limit for the rest of the minute; ten thousand others cannot fill the memory."""
    attempts = FailedAttempts(per_minute_max=2)
    for _ in range(2):
        assert not attempts.is_blocked("a", 0)
        attempts.count("a", 0)
    assert attempts.is_blocked("a", 59)
    assert not attempts.is_blocked("a", 60)
    for number in range(20_000):
        attempts.count(str(number), 61)
    assert len(attempts._by_address) <= 10_000


PROXIES = (ipaddress.ip_network("10.0.0.0/8"), ipaddress.ip_network("::1/128"))


@pytest.mark.parametrize(
    ("peer", "forwarded", "seen"),
    [
        ("203.0.113.9", "", "203.0.113.9"),
        ("203.0.113.9", "198.51.100.1", "203.0.113.9"),
        ("10.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("10.0.0.1", "6.6.6.6, 198.51.100.1", "198.51.100.1"),
        ("10.0.0.1", "6.6.6.6, 198.51.100.1, 10.0.0.2", "198.51.100.1"),
        ("10.0.0.1", "10.0.0.3, 10.0.0.2", "10.0.0.3"),
        ("10.0.0.1", "rubbish", "10.0.0.1"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("", "198.51.100.1", ""),
    ],
)
def test_caller_is_the_nearest_that_is_no_trusted_proxy(peer: str, forwarded: str, seen: str) -> None:
    """What a stranger writes into X-Forwarded-For changes nothing; what a trusted proxy adds counts."""
    assert caller_address(peer, forwarded, PROXIES) == seen
    assert caller_address(peer, forwarded, ()) == peer


def test_every_line_of_forwarded_for_counts() -> None:
    """Proxies that each add a line of their own are seen through as those that write one list are."""
    headers = RequestHeaders(
        [(b"x-forwarded-for", b"198.51.100.1"), (b"host", b"h"), (b"x-forwarded-for", b"10.0.0.2")]
    )
    assert caller_address("10.0.0.1", headers.joined(b"x-forwarded-for"), PROXIES) == "198.51.100.1"
    assert RequestHeaders([]).joined(b"x-forwarded-for") == ""


def test_relayed_headers_leave_credentials_out() -> None:
    """Headers of the connection, credentials and the source's own secret are not kept; the rest and the query are."""
    headers = [(b"x-sig", b"abc"), (b"authorization", b"Bearer s"), (b"apikey", b"s"), (b"host", b"h"), (b"x", b"\xff")]
    kept = orjson.loads(relay_header(headers, b"a=1", "APIKEY"))
    assert kept == {"headers": [["x-sig", "abc"], ["x", "ÿ"]], "query": "a=1"}


def test_settings_are_read_from_the_environment() -> None:
    """Each setting has its variable, and a value that cannot be names it."""
    settings = from_environ(
        {
            "KAFKA_BOOTSTRAP_SERVERS": "kafka:9092",
            "RECIBO_INGEST_PORT": "9000",
            "RECIBO_INGEST_KAFKA_LINGER_MS": "0.5",
            "RECIBO_INGEST_TRUSTED_PROXIES": "10.0.0.0/8, ::1/128",
        }
    )
    assert (settings.kafka.bootstrap_servers, settings.port, settings.kafka_linger_ms) == ("kafka:9092", 9000, 0.5)
    assert settings.trusted_proxies == PROXIES
    assert from_environ({}) == Settings()
    assert from_environ({"RECIBO_PUBLIC_URL": "https://h.example"}).public_url == "https://h.example"
    for variable, value in (
        ("RECIBO_INGEST_PORT", "http"),
        ("RECIBO_INGEST_TRUSTED_PROXIES", "somewhere"),
        ("RECIBO_INGEST_BODY_BYTES_MAX", str(10**9)),
        ("RECIBO_INGEST_TLS_CERT_FILE", "cert.pem"),
        ("RECIBO_INGEST_SPOOL_DRAIN_SHARE", "2"),
    ):
        with pytest.raises(ConfigurationError, match=variable):
            from_environ({variable: value})


def test_random_keys_spread() -> None:
    """Random keys fall into all partitions about equally."""
    rnd = random.Random(1)
    counts = [0] * 4
    for _ in range(4_000):
        counts[partition_of(rnd.randbytes(20), 4)] += 1
    assert min(counts) > 850

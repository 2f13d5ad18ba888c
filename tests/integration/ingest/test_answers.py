"""The answers of ingest, row by row, over real HTTP against the real broker, and where the bytes went."""

from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Any
from uuid import uuid4

import cramjam
import httpx
import orjson
import pytest

from schemas.record import decode_request, record_key
from schemas.topics import RAW, REQUESTS
from tests.support.running_ingest import (
    SIGNED_SOURCE,
    RunningIngest,
    StartIngest,
    event_body,
    eventually_records,
    ingest_at,
    records_of,
    signature,
)

TESTS_MAX = 20
SOURCES = """
[sources.{name}-hmac]
provider = "wpp_marketing"
account = "acme"
selected = ["read"]
[sources.{name}-hmac.auth]
kind = "hmac"
header = "X-Recibo-Signature"
prefix = "sha256="
[[sources.{name}-hmac.auth.secrets]]
env = "RECIBO_TEST_SECRET"

[sources.{name}-meta]
provider = "meta_cloud"
auth = "none"
relay = ["https://crm.example.com/webhooks"]

[sources.{name}-slow]
provider = "wpp_marketing"
auth = "none"
limits = {{ requests_per_second = 0.01, burst = 2, body_bytes_max = 1000 }}
"""


@pytest.fixture(scope="module")
def ingest(broker: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningIngest]:
    """One ingest for all tests of this module, each of which takes sources of its own."""
    run = uuid4().hex[:8]
    names = [f"{run}-{number}" for number in range(TESTS_MAX)]
    sources = "".join(SOURCES.format(name=name) for name in names)
    with ingest_at(broker, tmp_path_factory.mktemp("ingest"), sources) as running:
        running.unused_names = names
        running.wait_for_kafka()
        yield running


@pytest.fixture
def name(ingest: RunningIngest) -> str:
    """The beginning of the names of a test's own sources: NAME-hmac, NAME-meta, NAME-slow."""
    return ingest.unused_names.pop()


async def ask(running: RunningIngest, method: str, path: str, **options: Any) -> httpx.Response:
    async with httpx.AsyncClient(timeout=10) as client:
        return await client.request(method, running.url + path, **options)


async def post(running: RunningIngest, source: str, body: bytes, headers: Mapping[str, str]) -> httpx.Response:
    return await ask(running, "POST", f"/v1/webhooks/{source}", content=body, headers=headers)


def assert_problem(response: httpx.Response, status: int) -> None:
    assert response.status_code == status
    assert response.headers["content-type"] == "application/problem+json"
    problem = response.json()
    assert problem["status"] == status
    assert problem["title"]
    assert problem["detail"]


async def test_stored_event_is_answered_204_and_kept_verbatim(ingest: RunningIngest, name: str) -> None:
    """An authentic event is answered 204 once it is in the raw log, verbatim, keyed by account and message."""
    source, body = f"{name}-hmac", b"  " + event_body(1) + b"\n"
    response = await post(ingest, source, body, signature(body))
    assert (response.status_code, response.content) == (204, b"")
    (record,) = await records_of(ingest.bootstrap_servers, RAW, source)
    assert (record.key, record.value) == (record_key("acme", "m-1"), body)
    assert record.timestamp_type == 1, "LogAppendTime"
    headers = dict(record.headers)
    stamp = decode_request(headers["request"])
    assert (stamp.index, stamp.kind) == (0, "single")
    assert orjson.loads(headers["source"]) == {
        "source": source,
        "account": "acme",
        "provider": "wpp_marketing",
        "content_type": "application/json",
        "selected": ["read"],
        "mapping": "{}",
    }
    (request,) = await eventually_records(ingest.bootstrap_servers, REQUESTS, source, 1)
    said = orjson.loads(request.value)
    assert request.key.decode() == said["request_id"] == stamp.request_id
    assert (said["status"], said["stored"], said["events"], said["body_bytes"]) == (204, "log", 1, len(body))
    assert said["answered_at_ms"] >= said["received_at_ms"]


async def test_not_understood_body_is_stored_all_the_same(ingest: RunningIngest, name: str) -> None:
    """An authentic body that no parser understands is answered 204 and kept, keyed by its request id."""
    source, body = f"{name}-hmac", b"\xff\xfe not JSON at all"
    assert (await post(ingest, source, body, signature(body))).status_code == 204
    (record,) = await records_of(ingest.bootstrap_servers, RAW, source)
    assert record.value == body
    assert record.key.decode() == decode_request(dict(record.headers)["request"]).request_id


async def test_batch_is_kept_whole_and_in_parts(ingest: RunningIngest, name: str) -> None:
    """A body with several events is kept whole once, and once re-wrapped for each event, under one request id."""
    source, body = f"{name}-meta", meta_batch(3)
    response = await ask(
        ingest,
        "POST",
        f"/v1/webhooks/{source}?hop=1",
        content=body,
        headers={"content-type": "application/json; charset=utf-8", "x-own": "kept", "authorization": "never kept"},
    )
    assert response.status_code == 200, "Meta repeats everything that is not answered 200"
    records = await records_of(ingest.bootstrap_servers, RAW, source)
    by_index = {decode_request(dict(r.headers)["request"]).index: r for r in records}
    assert sorted(by_index) == [-1, 0, 1, 2]
    assert by_index[-1].value == body
    assert {by_index[n].key for n in range(3)} == {record_key(source, f"wamid.{n}") for n in range(3)}
    assert len({decode_request(dict(r.headers)["request"]).request_id for r in records}) == 1
    relayed = orjson.loads(dict(by_index[-1].headers)["relay"])
    assert relayed["query"] == "hop=1"
    assert ["x-own", "kept"] in relayed["headers"]
    assert "never kept" not in str(relayed)
    assert all("relay" not in dict(by_index[n].headers) for n in range(3))


def meta_batch(count: int) -> bytes:
    statuses = [{"id": f"wamid.{n}", "status": "read", "timestamp": "1773144009"} for n in range(count)]
    value = {"metadata": {"phone_number_id": "2"}, "statuses": statuses}
    entry = [{"id": "1", "changes": [{"field": "messages", "value": value}]}]
    return orjson.dumps({"object": "whatsapp_business_account", "entry": entry})


async def test_batch_of_a_thousand_is_all_stored(ingest: RunningIngest, name: str) -> None:
    """A body of a thousand events is one answer: a thousand parts and the whole, under one request id."""
    source, body = f"{name}-meta", meta_batch(1_000)
    assert (await post(ingest, source, body, {"content-type": "application/json"})).status_code == 200
    records = await records_of(ingest.bootstrap_servers, RAW, source)
    stamps = [decode_request(dict(record.headers)["request"]) for record in records]
    assert sorted(stamp.index for stamp in stamps) == list(range(-1, 1_000))
    assert len({stamp.request_id for stamp in stamps}) == 1


async def test_batch_that_cannot_be_stored_whole_is_503_and_safe_to_repeat(
    broker: str, start_ingest: StartIngest, fresh_name: str
) -> None:
    """Where neither Kafka nor the spool takes all of a thousand events the answer is 503, and a repetition stores them."""
    source = f'[sources.{fresh_name}]\nprovider = "meta_cloud"\nauth = "none"\n'
    running = start_ingest("127.0.0.1:1", source, RECIBO_INGEST_SPOOL_BYTES_MAX="100000")
    body, headers = meta_batch(1_000), {"content-type": "application/json"}
    assert_problem(await post(running, fresh_name, body, headers), 503)
    assert (await post(running, fresh_name, meta_batch(2), headers)).status_code == 200
    running.stop()
    running.bootstrap_servers = broker
    running.start()
    running.wait_for_kafka()
    assert (await post(running, fresh_name, body, headers)).status_code == 200
    records = await eventually_records(broker, RAW, fresh_name, 3 + 1_001)
    batches = [record.value for record in records if decode_request(dict(record.headers)["request"]).kind == "batch"]
    assert sorted(map(len, batches)) == sorted([len(meta_batch(2)), len(body)])


async def test_little_that_becomes_much_is_503(start_ingest: StartIngest, broker: str, fresh_name: str) -> None:
    """What a body becomes, decompressed or split, counts against the memory of all bodies, not only what was received."""
    source = f'[sources.{fresh_name}]\nprovider = "meta_cloud"\nauth = "none"\n'
    running = start_ingest(broker, source, RECIBO_INGEST_IN_FLIGHT_BYTES_MAX="300000")
    json_type = {"content-type": "application/json"}
    padded = bytes(cramjam.gzip.compress(b" " * 400_000))
    for _ in range(3):  # each one's bytes are given back
        assert_problem(await post(running, fresh_name, padded, json_type | {"content-encoding": "gzip"}), 503)
        assert_problem(await post(running, fresh_name, meta_batch(500), json_type), 503)
        assert (await post(running, fresh_name, meta_batch(50), json_type)).status_code == 200


async def test_wrong_or_missing_signature_is_401_and_never_stored(ingest: RunningIngest, name: str) -> None:
    """Every flipped bit of a signature, and its absence, is answered 401; nothing reaches the raw log."""
    source, body = f"{name}-hmac", event_body(1)
    headers = signature(body)
    wrong = headers | {"x-recibo-signature": signature(b"other")["x-recibo-signature"]}
    for bad in (wrong, {"content-type": "application/json"}, headers | {"x-recibo-signature": ""}):
        assert_problem(await post(ingest, source, body, bad), 401)
    assert_problem(await post(ingest, source, body + b" ", headers), 401)
    assert await records_of(ingest.bootstrap_servers, RAW, source) == []
    requests = await eventually_records(ingest.bootstrap_servers, REQUESTS, source, 4)
    assert {orjson.loads(r.value)["refusal"] for r in requests} == {"unauthenticated"}


async def test_unknown_source_is_404(ingest: RunningIngest, name: str) -> None:
    """A URL that names no source is answered 404, as is one with something after the source."""
    assert_problem(await post(ingest, "nobody", b"{}", {}), 404)
    assert_problem(await post(ingest, "", b"{}", {}), 404)
    body = event_body(1)
    assert_problem(await post(ingest, f"{name}-hmac/more", body, signature(body)), 404)
    assert_problem(await ask(ingest, "POST", "/v1/elsewhere"), 404)


async def test_wrong_method_is_405(ingest: RunningIngest, name: str) -> None:
    """Anything but POST is answered 405 with what is allowed."""
    for method in ("GET", "PUT", "DELETE", "PATCH", "OPTIONS"):
        response = await ask(ingest, method, f"/v1/webhooks/{name}-hmac")
        assert_problem(response, 405)
        assert response.headers["allow"] == "POST"


async def test_over_the_limit_is_413(ingest: RunningIngest, name: str) -> None:
    """A body over the limit is answered 413: declared, streamed without a length, or only once decompressed."""
    source = f"{name}-slow"
    json_type = {"content-type": "application/json"}
    assert_problem(await post(ingest, source, b"x" * 1001, json_type), 413)

    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(11):
            yield b"x" * 100

    streamed = await ask(ingest, "POST", f"/v1/webhooks/{source}", content=chunks(), headers=json_type)
    assert_problem(streamed, 413)
    bomb = bytes(cramjam.gzip.compress(b"x" * 100_000))
    assert len(bomb) < 1000
    assert_problem(await post(ingest, source, bomb, json_type | {"content-encoding": "gzip"}), 413)
    assert await records_of(ingest.bootstrap_servers, RAW, source) == []


async def test_compressed_body_is_stored_decompressed(ingest: RunningIngest, name: str) -> None:
    """What is signed and hashed is what was received; what is stored is the event's own bytes."""
    source, body = f"{name}-hmac", event_body(1)
    for coding, compress in (
        ("gzip", cramjam.gzip.compress),
        ("deflate", cramjam.zlib.compress),
        ("br", cramjam.brotli.compress),
        ("zstd", cramjam.zstd.compress),
    ):
        raw = bytes(compress(body))
        assert (await post(ingest, source, raw, signature(raw) | {"content-encoding": coding})).status_code == 204
    records = await records_of(ingest.bootstrap_servers, RAW, source)
    assert [record.value for record in records] == [body] * 4


async def test_wrong_content_type_or_coding_is_415(ingest: RunningIngest, name: str) -> None:
    """A content type the provider never sends, or a coding nobody knows, is answered 415."""
    source, body = f"{name}-hmac", event_body(1)
    for content_type in ("text/xml", "application/x-www-form-urlencoded", "application/jsonx"):
        assert_problem(await post(ingest, source, body, signature(body) | {"content-type": content_type}), 415)
    assert_problem(await post(ingest, source, body, signature(body) | {"content-encoding": "sdch"}), 415)


async def test_over_the_rate_is_429_with_retry_after(ingest: RunningIngest, name: str) -> None:
    """A source over its rate is answered when to retry; the others are not touched."""
    source, headers = f"{name}-slow", {"content-type": "application/json"}
    assert [(await post(ingest, source, event_body(n), headers)).status_code for n in range(2)] == [204, 204]
    over = await post(ingest, source, event_body(3), headers)
    assert_problem(over, 429)
    assert int(over.headers["retry-after"]) > 0
    body = event_body(4)
    assert (await post(ingest, f"{name}-hmac", body, signature(body))).status_code == 204


async def test_neither_kafka_nor_spool_is_503_with_retry_after(start_ingest: StartIngest, fresh_name: str) -> None:
    """With no Kafka and a full spool the answer is 503 with Retry-After, readiness says why, and nothing is overwritten."""
    nowhere = "127.0.0.1:1"
    running = start_ingest(nowhere, SIGNED_SOURCE.format(name=fresh_name), RECIBO_INGEST_SPOOL_BYTES_MAX="4000")
    body = event_body(1)
    answers = [await post(running, fresh_name, body, signature(body)) for _ in range(20)]
    assert answers[0].status_code == 204
    assert_problem(answers[-1], 503)
    assert int(answers[-1].headers["retry-after"]) > 0
    assert "full" in str(running.ready()["spool"])
    assert running.ask("/readyz").status_code == 503


async def test_health_and_metrics(ingest: RunningIngest, name: str) -> None:
    """/healthz, /readyz and /metrics say what is true, on the private port alone."""
    body = event_body(1)
    await post(ingest, f"{name}-hmac", body, signature(body))
    await eventually_records(ingest.bootstrap_servers, REQUESTS, f"{name}-hmac", 1)
    healthz, readyz = ingest.ask("/healthz"), ingest.ask("/readyz")
    assert (healthz.status_code, healthz.json()) == (200, {"status": "running", "stage": "ingest", "why": []})
    assert (readyz.status_code, readyz.json()["status"], readyz.json()["why"]) == (200, "ready", [])
    assert [(await ask(ingest, "GET", path)).status_code for path in ("/healthz", "/readyz", "/metrics")] == [404] * 3
    metrics = ingest.ask("/metrics").text
    assert f'recibo_ingest_events_total{{source="{name}-hmac"}} 1.0' in metrics
    assert f'recibo_ingest_requests_total{{source="{name}-hmac",status="204"}} 1.0' in metrics
    assert "recibo_ingest_kafka_connected 1.0" in metrics

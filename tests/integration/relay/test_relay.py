"""The relay against a real ingest, broker and receivers: exact, resumable, isolated, and never inside."""

import asyncio
import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

import httpx
import pytest

from runtime.ports import HOST
from schemas.signatures import hmac_valid, sign
from tests.support.polling import until
from tests.support.running_ingest import SECRET, RunningIngest, StartIngest
from tests.support.running_relay import Receiver, RunningRelay
from tests.support.samples import PAYLOADS

_FULL_S = 60.0
"""An outage this long is met with the pauses of production."""
_ANSWER_S_MAX = 5.0
SOURCE = """
[sources.{name}]
provider = "meta_cloud"
relay = {urls}
[sources.{name}.auth]
kind = "hmac"
header = "X-Hub-Signature-256"
prefix = "sha256="
[[sources.{name}.auth.secrets]]
env = "RECIBO_TEST_SECRET"
"""


@pytest.fixture
def start_relay() -> Iterator[Callable[..., RunningRelay]]:
    """A function that runs the relay beside an ingest, until the test ends."""
    with ExitStack() as running:

        @contextmanager
        def relay_of(ingest: RunningIngest, allowed: str) -> Iterator[RunningRelay]:
            relay = RunningRelay(ingest, allowed)
            relay.start()
            try:
                yield relay
            finally:
                relay.kill()

        yield lambda ingest, allowed="127.0.0.0/8": running.enter_context(relay_of(ingest, allowed))


def status_body(number: int) -> bytes:
    """Return a Meta body with one status, distinct for each number."""
    status = {"id": f"wamid.{number}", "status": "read", "timestamp": "1773144003", "recipient_id": "5511987654321"}
    value = {"metadata": {"phone_number_id": "1"}, "statuses": [status]}
    return json.dumps({"entry": [{"id": "1", "changes": [{"field": "messages", "value": value}]}]}).encode()


async def post(ingest: RunningIngest, name: str, body: bytes, query: str = "") -> None:
    """Post a signed body as Meta would."""
    signature = sign(SECRET.encode(), body, prefix="sha256=")
    headers = {
        "Content-Type": "application/json",
        "X-Hub-Signature-256": signature,
        "User-Agent": "facebookplatform/1.0",
    }
    async with httpx.AsyncClient(trust_env=False) as client:
        answer = await client.post(f"{ingest.url}/v1/webhooks/{name}{query}", content=body, headers=headers)
    assert answer.status_code == 200


async def test_the_receiver_gets_what_the_provider_sent(
    broker: str, start_ingest: StartIngest, start_relay: Callable[..., RunningRelay], fresh_name: str
) -> None:
    """A mixed body of several events arrives once, whole, byte for byte, with its query and headers, and Meta's
    signature is right over what arrived.
    """
    receiver = Receiver()
    ingest = start_ingest(broker, SOURCE.format(name=fresh_name, urls=json.dumps([receiver.url + "?tenant=7"])))
    relay = start_relay(ingest)
    await relay.wait_ready()
    body = (PAYLOADS / "meta-cloud-mixed.json").read_bytes()
    async with receiver.open():
        await post(ingest, fresh_name, body, "?hop=1")
        await until(lambda: _true(receiver.got), "the webhook")
    ((path, headers, got),) = receiver.got
    assert (path, got) == ("/crm?tenant=7&hop=1", body)
    named = {name.lower(): value for name, value in headers.items()}
    assert hmac_valid(SECRET.encode(), got, named["x-hub-signature-256"], prefix="sha256=")
    assert named["user-agent"] == "facebookplatform/1.0"
    assert named["host"] == f"{HOST}:{receiver.port}"
    assert len(named["recibo-request-id"]) == 32
    assert [attempt["result"] for attempt in relay.attempts()] == ["taken"]


async def test_nothing_is_missing_after_an_outage_and_a_kill(
    broker: str, start_ingest: StartIngest, start_relay: Callable[..., RunningRelay], fresh_name: str
) -> None:
    """While the receiver is away the provider is answered as ever; the relay is killed meanwhile; when both are back,
    every webhook arrives. The other URL of the source noticed nothing.
    """
    away, other = Receiver(), Receiver()
    urls = json.dumps([away.url, other.url])
    ingest = start_ingest(broker, SOURCE.format(name=fresh_name, urls=urls))
    relay = start_relay(ingest)
    await relay.wait_ready()
    bodies = {status_body(number) for number in range(60)}
    async with other.open():
        for body in bodies:
            await post(ingest, fresh_name, body)
        await until(lambda: _true(other.bodies() == bodies), "the other URL's webhooks")
        relay.kill()
        relay.start()
        await relay.wait_ready()
        await until(lambda: _true(len(relay.attempts()) > 70), "attempts while it is away")
        async with away.open():
            await until(lambda: _true(away.bodies() == bodies), "everything after the outage")
    assert any(attempt["result"] == "failed" for attempt in relay.attempts())


async def test_a_webhook_that_is_refused_is_given_up_and_the_others_go_on(
    broker: str, start_ingest: StartIngest, start_relay: Callable[..., RunningRelay], fresh_name: str
) -> None:
    """A body that the receiver answers with 400 is tried a few times, said to be given up, and holds up nothing."""
    receiver = Receiver(refused=status_body(0))
    ingest = start_ingest(broker, SOURCE.format(name=fresh_name, urls=json.dumps([receiver.url])))
    relay = start_relay(ingest)
    await relay.wait_ready()
    async with receiver.open():
        for number in range(5):
            await post(ingest, fresh_name, status_body(number))
        await until(lambda: _true("given up" in relay.log_file.read_text()), "the refused one to be given up")
        await until(lambda: _true(len(receiver.bodies()) == 5), "the others")
    assert sum(body == status_body(0) for _, _, body in receiver.got) == 5


async def test_an_internal_address_is_never_posted_to(
    broker: str, start_ingest: StartIngest, start_relay: Callable[..., RunningRelay], fresh_name: str
) -> None:
    """Unless its network is allowed, an internal address gets nothing, and the log says what to set."""
    receiver = Receiver()
    ingest = start_ingest(broker, SOURCE.format(name=fresh_name, urls=json.dumps([receiver.url])))
    relay = start_relay(ingest, "10.99.0.0/16")
    await relay.wait_ready()
    async with receiver.open():
        await post(ingest, fresh_name, status_body(1))
        await until(lambda: _true(len(relay.attempts()) > 2), "refused attempts")
    assert receiver.got == []
    assert {attempt["result"] for attempt in relay.attempts()} == {"forbidden"}
    assert "RECIBO_RELAY_ALLOWED_NETWORKS" in str(relay.attempts()[0]["why"])


async def test_a_redirect_is_not_followed(
    broker: str, start_ingest: StartIngest, start_relay: Callable[..., RunningRelay], fresh_name: str
) -> None:
    """A receiver that redirects gets the webhook a few times, and where it points to gets nothing: it was never vetted."""
    elsewhere = Receiver()
    receiver = Receiver(redirects_to=elsewhere.url)
    ingest = start_ingest(broker, SOURCE.format(name=fresh_name, urls=json.dumps([receiver.url])))
    relay = start_relay(ingest)
    await relay.wait_ready()
    async with receiver.open(), elsewhere.open():
        await post(ingest, fresh_name, status_body(1))
        await until(lambda: _true("given up" in relay.log_file.read_text()), "the redirected one to be given up")
    assert elsewhere.got == []
    assert {(attempt["result"], attempt["status"]) for attempt in relay.attempts()} == {("refused", 307)}


@pytest.mark.outage
async def test_nothing_is_missing_after_an_outage_at_full_length(
    broker: str, start_ingest: StartIngest, start_relay: Callable[..., RunningRelay], fresh_name: str
) -> None:
    """A receiver away for RECIBO_OUTAGE_S seconds (600 by `make outage`) of steady traffic, with the pauses of production,
    the relay killed in the middle: every answer was given at once, and every webhook arrives with a right signature.
    """
    seconds = float(os.environ.get("RECIBO_OUTAGE_S", "3"))
    receiver = Receiver()
    ingest = start_ingest(broker, SOURCE.format(name=fresh_name, urls=json.dumps([receiver.url])))
    relay = start_relay(ingest)
    relay.kill()
    relay.backoff_ms = ("500", "60000") if seconds >= _FULL_S else ("20", "300")
    relay.start()
    await relay.wait_ready()
    sent: list[bytes] = []
    begun, slowest, was_killed = time.monotonic(), 0.0, False
    while time.monotonic() < begun + seconds:
        body = status_body(len(sent))
        asked = time.monotonic()
        await post(ingest, fresh_name, body)
        slowest = max(slowest, time.monotonic() - asked)
        sent.append(body)
        if not was_killed and time.monotonic() > begun + seconds / 2:
            relay.kill()
            relay.start()
            was_killed = True
        await asyncio.sleep(0.05)  # the traffic's own pace
    back = time.monotonic()
    async with receiver.open():
        await until(lambda: _true(receiver.bodies() == set(sent)), "everything after the outage", s_max=180)
    took = time.monotonic() - back
    for _, headers, body in receiver.got:
        named = {name.lower(): value for name, value in headers.items()}
        assert hmac_valid(SECRET.encode(), body, named["x-hub-signature-256"], prefix="sha256=")
    failed = sum(attempt["result"] == "failed" for attempt in relay.attempts())
    print(  # noqa: T201 - the command's result
        f"away {seconds:g} s: {len(sent)} webhooks, slowest answer {slowest * 1000:.0f} ms, {failed} failed attempts, "
        f"all {len(receiver.bodies())} there {took:.1f} s after it was back, {len(receiver.got) - len(sent)} twice"
    )
    assert failed
    assert slowest < _ANSWER_S_MAX


async def _true(value: object) -> bool:
    await asyncio.sleep(0)
    return bool(value)

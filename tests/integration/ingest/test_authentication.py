"""Each kind of authentication over real HTTP, and what becomes of those who keep failing."""

import base64
import time
from collections.abc import Iterator
from uuid import uuid4

import httpx
import jwt
import orjson
import pytest

from schemas.signatures import sign, twilio_message
from schemas.topics import RAW, REQUESTS
from tests.support.running_ingest import (
    SECRET,
    RunningIngest,
    event_body,
    eventually_records,
    ingest_at,
    records_of,
    signature,
)

RUN = uuid4().hex[:8]
FAILURES_MAX = 5
LONG_SECRET = SECRET * 2
PUBLIC_URL = "https://hooks.example.com"
BODY = event_body(1)
SECRETS = '[[sources.{name}.auth.secrets]]\nenv = "RECIBO_TEST_SECRET"\n'
NOW = str(int(time.time()))
STALE = str(int(time.time()) - 1_000)
"""Signed times far outside the replay window, whenever the test runs."""

AUTH = {
    "hmac": 'kind = "hmac"\nheader = "X-Recibo-Signature"\nprefix = "sha256="\n' + SECRETS,
    "timed": 'kind = "hmac"\nheader = "X-Sig"\nencoding = "base64"\nalgorithm = "sha512"\nsigned = "{{timestamp}}.{{body}}"\n'
    'timestamp_header = "X-Time"\ntolerance_s = 600\n' + SECRETS,
    "url": 'kind = "hmac"\nheader = "X-Sig"\nsigned = "{{url}}|{{body}}"\n' + SECRETS,
    "bearer": 'kind = "bearer"\n' + SECRETS,
    "basic": 'kind = "basic"\nuser = "wpp"\n' + SECRETS,
    "path": 'kind = "path"\n' + SECRETS,
    "jwt": 'kind = "jwt"\n' + SECRETS.replace("TEST_SECRET", "LONG_SECRET"),
    "standard": 'kind = "standard_webhooks"\ntolerance_s = 900\n' + SECRETS,
    "twilio": 'kind = "twilio"\n' + SECRETS,
    "addresses": 'kind = "addresses"\nnetworks = ["203.0.113.0/24"]\n',
    "certificate": 'kind = "client_certificate"\nheader = "X-Client-Subject"\nallowed = ["CN=provider"]\n',
    "none": 'kind = "none"\n',
    "limited": 'kind = "hmac"\nheader = "X-Recibo-Signature"\nprefix = "sha256="\n' + SECRETS,
}


def url_of(kind: str) -> str:
    return f"/v1/webhooks/{RUN}-{kind}"


def signed(message: bytes, **how: str) -> str:
    return sign(SECRET.encode(), message, **how)


def basic(pair: str) -> dict[str, str]:
    return {"authorization": "Basic " + base64.b64encode(pair.encode()).decode()}


def standard(at: str) -> dict[str, str]:
    good = signed(f"msg_1.{at}.".encode() + BODY, encoding="base64", prefix="v1,")
    return {"webhook-id": "msg_1", "webhook-timestamp": at, "webhook-signature": good}


def timed(at: str) -> dict[str, str]:
    return {"x-time": at, "x-sig": signed(f"{at}.".encode() + BODY, algorithm="sha512", encoding="base64")}


def token(**claims: object) -> dict[str, str]:
    return {"authorization": "Bearer " + jwt.encode(claims, LONG_SECRET, algorithm="HS256")}


CASES = (
    ("hmac", "", signature(BODY), signature(BODY + b" ")),
    ("timed", "", timed(NOW), timed(STALE)),
    ("url", "?a=1", {"x-sig": signed(f"{PUBLIC_URL}{url_of('url')}?a=1|".encode() + BODY)}, {"x-sig": signed(BODY)}),
    ("bearer", "", {"authorization": f"Bearer {SECRET}"}, {"authorization": f"Bearer {SECRET}x"}),
    ("basic", "", basic(f"wpp:{SECRET}"), basic(f"other:{SECRET}")),
    ("jwt", "", token(exp=int(time.time()) + 600), token(exp=int(time.time()) - 600)),
    ("standard", "", standard(NOW), standard(STALE)),
    ("addresses", "", {"x-forwarded-for": "6.6.6.6, 203.0.113.9"}, {"x-forwarded-for": "203.0.113.9, 6.6.6.6"}),
    ("certificate", "", {"x-client-subject": "CN=provider"}, {"x-client-subject": "CN=somebody"}),
    ("twilio", "?b=2", {"x-twilio-signature": ""}, {"x-twilio-signature": "bm8="}),
)
FORM = b"MessageSid=SM1&MessageStatus=read"


@pytest.fixture(scope="module")
def ingest(broker: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningIngest]:
    """One ingest behind a trusted proxy, which is the test itself, with a source of each kind."""
    sources = ""
    for kind, auth in AUTH.items():
        provider = "twilio" if kind == "twilio" else "wpp_marketing"
        name = f"{RUN}-{kind}"
        sources += f'[sources.{name}]\nprovider = "{provider}"\n[sources.{name}.auth]\n{auth.format(name=name)}'
    environ = {
        "RECIBO_LONG_SECRET": LONG_SECRET,
        "RECIBO_PUBLIC_URL": PUBLIC_URL,
        "RECIBO_INGEST_TRUSTED_PROXIES": "127.0.0.0/8",
        "RECIBO_INGEST_AUTH_FAILURES_PER_MINUTE_MAX": str(FAILURES_MAX),
    }
    with ingest_at(broker, tmp_path_factory.mktemp("ingest"), sources, **environ) as running:
        running.wait_for_kafka()
        yield running


@pytest.mark.parametrize(("kind", "query", "right", "wrong"), CASES, ids=[case[0] for case in CASES])
async def test_every_kind_takes_its_provider_and_nobody_else(
    ingest: RunningIngest, kind: str, query: str, right: dict[str, str], wrong: dict[str, str]
) -> None:
    """What proves the provider is taken, at any repetition; what is wrong, stale or missing is 401 and never stored."""
    body, content_type = BODY, {"content-type": "application/json"}
    if kind == "twilio":
        body, content_type = FORM, {"content-type": "application/x-www-form-urlencoded"}
        message = twilio_message(f"{PUBLIC_URL}{url_of(kind)}{query}", FORM)
        right = {"x-twilio-signature": signed(message, algorithm="sha1", encoding="base64")}
    async with httpx.AsyncClient(base_url=ingest.url) as client:
        for headers, status in ((wrong, 401), ({}, 401), (right, 2), (right, 2)):
            answer = await client.post(url_of(kind) + query, content=body, headers=headers | content_type)
            assert answer.status_code in ((200, 204) if status == 2 else (status,)), headers
    records = await records_of(ingest.bootstrap_servers, RAW, f"{RUN}-{kind}")
    assert [record.value for record in records] == [body, body]


async def test_secret_in_the_path_is_nowhere_afterwards(ingest: RunningIngest) -> None:
    """A secret in the URL proves the provider; it is in neither log nor record of the request."""
    async with httpx.AsyncClient(base_url=ingest.url) as client:
        for path, status in ((f"/{SECRET}", 204), (f"/{SECRET}x", 401), ("", 401), (f"/{SECRET}/more", 401)):
            assert (await client.post(url_of("path") + path, json={})).status_code == status, path
    requests = await eventually_records(ingest.bootstrap_servers, REQUESTS, f"{RUN}-path", 4)
    assert SECRET not in str([request.value for request in requests])
    assert SECRET not in ingest.log


async def test_who_says_so_takes_anybody(ingest: RunningIngest) -> None:
    """A source whose authentication is `none` takes everybody's."""
    async with httpx.AsyncClient(base_url=ingest.url) as client:
        assert (await client.post(url_of("none"), json={})).status_code == 204


async def test_failures_are_limited_by_address(ingest: RunningIngest) -> None:
    """An address that fails too often is answered 429 and cut off; others, and the provider at that very address, are not."""
    wrong = signature(BODY, "wrong")
    async with httpx.AsyncClient(base_url=ingest.url) as client:

        async def post(address: str, headers: dict[str, str]) -> httpx.Response:
            return await client.post(
                url_of("limited"), content=BODY, headers=headers | {"x-forwarded-for": f"1.1.1.1, {address}"}
            )

        assert [(await post("8.8.8.8", wrong)).status_code for _ in range(FAILURES_MAX)] == [401] * FAILURES_MAX
        blocked = await post("8.8.8.8", wrong)
        assert blocked.status_code == 429
        assert int(blocked.headers["retry-after"]) > 0
        assert blocked.headers["connection"] == "close"
        assert (await post("8.8.4.4", wrong)).status_code == 401
        assert (await post("8.8.8.8", signature(BODY))).status_code == 204
        requests = await eventually_records(ingest.bootstrap_servers, REQUESTS, f"{RUN}-limited", FAILURES_MAX + 3)
        said = [orjson.loads(request.value) for request in requests]
        metrics = ingest.ask("/metrics").text
    assert {record["remote_address"] for record in said} == {"8.8.8.8", "8.8.4.4"}
    assert f'recibo_ingest_auth_failures_total{{source="{RUN}-limited"}} {FAILURES_MAX + 2}.0' in metrics

"""What `source test` sends is what ingest takes: every kind of proof, and every provider's own shape."""

import pytest

from ingest.http.authenticate import Attempt, verifier
from ingest.http.request_headers import RequestHeaders
from operations.sources.proof import prove
from operations.sources.sample_event import sample_event
from schemas.event import Event
from schemas.providers import PROVIDERS
from schemas.record import SourceContext
from schemas.sources import Source, parse_sources

SECRET = "a-secret-of-at-least-thirty-two-bytes"
ORIGIN = "http://127.0.0.1:8080"
NOW_S = 1_773_144_100.0

PROOFS = {
    "hmac": 'kind = "hmac"\nheader = "X-S"\nalgorithm = "sha512"\nencoding = "base64"',
    "hmac_timed": 'kind = "hmac"\nheader = "X-S"\nsigned = "v0:{timestamp}:{id}:{body}"\ntimestamp_header = "X-T"\nid_header = "X-I"',
    "twilio": 'kind = "twilio"',
    "bearer": 'kind = "bearer"',
    "basic": 'kind = "basic"\nuser = "recibo"',
    "path": 'kind = "path"',
    "jwt": 'kind = "jwt"',
    "standard_webhooks": 'kind = "standard_webhooks"',
}


def _source(provider: str, auth: str, more: str = "") -> Source:
    text = f'[sources.s]\nprovider = "{provider}"\n{more}\n[sources.s.auth]\n{auth}\n[[sources.s.auth.secrets]]\nenv = "S"\n'
    return parse_sources(text, {"S": SECRET}).by_name["s"]


@pytest.mark.parametrize("kind", PROOFS)
def test_a_proof_is_taken_and_of_that_body_only(kind: str) -> None:
    """The intake takes the proof for the body it was made for; where a body is signed, it takes it for no other."""
    source = _source("waha", PROOFS[kind])
    body = b'{"a":1}'
    proof = prove(source, ORIGIN, body, NOW_S)
    verify = verifier(source)

    def attempt(sent: bytes) -> bool:
        headers = [(name.lower().encode(), value.encode()) for name, value in proof.headers.items()]
        secret = proof.url.removeprefix(f"{ORIGIN}/v1/webhooks/s").removeprefix("/")
        return verify(
            Attempt(
                headers=RequestHeaders(headers),
                body=sent,
                url=proof.url,
                path_secret=secret,
                address="127.0.0.1",
                is_from_trusted_proxy=False,
                now_ms=round(NOW_S * 1000),
            )
        )

    assert attempt(body)
    if kind in ("hmac", "hmac_timed", "twilio", "standard_webhooks"):
        assert not attempt(b'{"a":2}')


@pytest.mark.parametrize("provider", [name for name in PROVIDERS if name != "generic"])
def test_a_sample_event_is_a_delivery_in_the_providers_own_shape(provider: str) -> None:
    """The test event is read by the provider's parser as the delivery of the message it was made for."""
    source = _source(provider, PROOFS["path"])
    body, content_type = sample_event(source, "test-1", round(NOW_S * 1000))
    assert content_type in source.provider.content_types
    said = source.parser.normalize(body, SourceContext("s", "s", provider, content_type), round(NOW_S * 1000))
    assert isinstance(said, Event)
    assert (said.message_id, said.status) == ("test-1", "delivered")


def test_a_sample_event_follows_the_sources_own_mapping() -> None:
    """A source with a mapping of its own gets a test event that this mapping reads."""
    mapping = 'mapping.paths = { message_id = ["msg.ref"], status = ["msg.estado"] }\nmapping.words = { delivered = ["chegou"] }'
    source = _source("generic", PROOFS["path"], mapping)
    body, _ = sample_event(source, "test-1", round(NOW_S * 1000))
    said = source.parser.normalize(body, SourceContext("s", "s", "generic"), round(NOW_S * 1000))
    assert isinstance(said, Event)
    assert (said.message_id, said.status) == ("test-1", "delivered")

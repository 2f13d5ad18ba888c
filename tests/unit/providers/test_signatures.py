"""Signatures: the samples' own verify, one flipped byte anywhere does not, and nothing a stranger sends raises."""

import hashlib
import time

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas import signatures
from tests.support.samples import SECRETS, Sample, samples

SIGNED = [s for s in samples() if {"X-Hub-Signature-256", "X-Twilio-Signature", "X-Webhook-Hmac"} & set(s.headers)]
SECRET = "a-secret-of-at-least-thirty-two-bytes"


def _valid(sample: Sample, body: bytes, suffix: str = "") -> bool:
    headers = sample.headers
    if "X-Twilio-Signature" in headers:
        presented = headers["X-Twilio-Signature"] + suffix
        return signatures.twilio_valid(SECRETS["twilio_auth_token"].encode(), sample.url, body, presented)
    if "X-Webhook-Hmac" in headers:
        presented = headers["X-Webhook-Hmac"] + suffix
        return signatures.hmac_valid(SECRETS["waha_hmac_key"].encode(), body, presented, algorithm="sha512")
    presented = headers["X-Hub-Signature-256"] + suffix
    return signatures.hmac_valid(SECRETS["meta_app_secret"].encode(), body, presented, prefix="sha256=")


@pytest.mark.parametrize("sample", SIGNED, ids=lambda sample: sample.file)
def test_a_signed_sample_verifies(sample: Sample) -> None:
    """A sample with its provider's signature is genuine; with one byte changed, in body or signature, it is not."""
    assert _valid(sample, sample.body)
    assert not _valid(sample, sample.body[:-3] + bytes([sample.body[-3] ^ 1]) + sample.body[-2:])
    assert not _valid(sample, sample.body, "0")


def test_twilio_signs_with_or_without_the_usual_port() -> None:
    """A URL with port 443 named and one without it are the same to Twilio's signature."""
    sample = next(s for s in SIGNED if s.provider == "twilio")
    secret = SECRETS["twilio_auth_token"].encode()
    with_port = sample.url.replace("example.com", "example.com:443")
    assert signatures.twilio_valid(secret, with_port, sample.body, sample.headers["X-Twilio-Signature"])


def test_twilio_signs_a_json_body_by_its_digest_in_the_query() -> None:
    """A body that is no form is vouched for by `bodySHA256` in the signed URL, and only if it is that body."""
    body = b'{"a":1}'
    url = "https://receiver.example.com/hook?bodySHA256=" + hashlib.sha256(body).hexdigest()
    presented = signatures.sign(b"token", url.encode(), algorithm="sha1", encoding="base64")
    assert signatures.twilio_valid(b"token", url, body, presented, content_type="application/json")
    assert not signatures.twilio_valid(b"token", url, b'{"a":2}', presented, content_type="application/json")


def test_standard_webhooks_takes_any_of_several_signatures_and_no_old_one() -> None:
    """One right signature among several is enough; a timestamp too far from now is refused."""
    key = signatures.standard_webhooks_keys("whsec_c2VjcmV0")[0]
    right = signatures.sign(key, b"msg_1.1773144000.{}", encoding="base64", prefix="v1,")
    arguments = ("whsec_c2VjcmV0", "msg_1", "1773144000", f"v1,AAAA {right}")
    assert signatures.standard_webhooks_valid(*arguments, body=b"{}", now_s=1_773_144_100)
    assert not signatures.standard_webhooks_valid(*arguments, body=b"{}", now_s=1_773_144_400)
    assert not signatures.standard_webhooks_valid(*arguments, body=b"{ }", now_s=1_773_144_100)


def test_a_token_must_be_in_time_and_of_this_body() -> None:
    """An expired token, one that names another body, and one signed with another secret are refused."""
    now = time.time()
    digest = hashlib.sha256(b"{}").hexdigest()

    def token(claims: dict[str, object], secret: str = SECRET) -> str:
        return jwt.encode(claims, secret, algorithm="HS256")

    assert signatures.jwt_valid(token({"exp": now + 600, "payload_hash": digest}), SECRET, b"{}", now)
    assert signatures.jwt_valid(token({"payload_hash": digest}), SECRET, b"{}", now)
    assert signatures.jwt_valid(token({"exp": now + 600, "sub": 7}), SECRET, b"{}", now)
    assert not signatures.jwt_valid(token({}), SECRET, b"{}", now), "it would be good for ever, for any body"
    assert signatures.jwt_valid(token({}), SECRET, b"{}", now, needs_end=False)
    assert not signatures.jwt_valid(token({"exp": now - 600}), SECRET, b"{}", now)
    assert not signatures.jwt_valid(token({"payload_hash": digest}), SECRET, b"{ }", now)
    assert not signatures.jwt_valid(token({}, SECRET + "x"), SECRET, b"{}", now)
    assert not signatures.jwt_valid(jwt.encode({}, "", algorithm="none"), SECRET, b"{}", now)


@given(st.text(), st.binary())
def test_nothing_presented_raises(presented: str, body: bytes) -> None:
    """Whatever stands in a header, the answer is no, and never an error."""
    assert not signatures.hmac_valid(b"s", body, presented, prefix="sha256=")
    assert not signatures.twilio_valid(b"s", "https://example.com/?" + presented, body, presented)
    assert not signatures.standard_webhooks_valid("s", presented, presented, presented, body=body, now_s=0)
    assert not signatures.jwt_valid(presented, SECRET, body, 0)

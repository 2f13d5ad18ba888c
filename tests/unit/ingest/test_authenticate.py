"""Every kind of authentication: what passes, and that each thing flipped, missing or stale does not."""

import base64
import hashlib
from typing import Any

import jwt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.http.authenticate import Attempt, verifier
from ingest.http.request_headers import RequestHeaders
from schemas.signatures import sign, twilio_message
from schemas.sources import parse_sources

NOW_MS = 1_773_144_000_000
NOW_S = NOW_MS // 1000
BODY = b'{"event": "read"}'
URL = "https://hooks.example.com/v1/webhooks/x?a=1"
ENVIRON = {
    "OLD": "old secret",
    "NEW": "new secret",
    "PADDED": "new secret, long enough for HS256 and HS384 to be content",
}


def verify(auth: str, attempt: Attempt) -> bool:
    text = f'[sources.x]\nprovider = "wpp_marketing"\n[sources.x.auth]\n{auth}'
    return verifier(parse_sources(text, ENVIRON).by_name["x"])(attempt)


def attempt(headers: dict[str, str] | None = None, **facts: Any) -> Attempt:
    raw = [(name.lower().encode(), value.encode("latin-1")) for name, value in (headers or {}).items()]
    known: dict[str, Any] = {
        "body": BODY,
        "url": URL,
        "path_secret": "",
        "address": "203.0.113.9",
        "is_from_trusted_proxy": False,
        "now_ms": NOW_MS,
    }
    return Attempt(headers=RequestHeaders(raw), **(known | facts))


def secrets(*names: str) -> str:
    return "".join(f'[[sources.x.auth.secrets]]\nenv = "{name}"\n' for name in names)


HMAC = 'kind = "hmac"\nheader = "X-Sig"\nprefix = "sha256="\n'


@pytest.mark.parametrize("secret", ["old secret", "new secret"])
def test_hmac_takes_any_secret_in_force(secret: str) -> None:
    """While secrets rotate, a signature by the old or the new one passes."""
    headers = {"X-Sig": sign(secret.encode(), BODY, prefix="sha256=")}
    assert verify(HMAC + secrets("OLD", "NEW"), attempt(headers))


def test_hmac_refuses_an_expired_secret() -> None:
    """From its expiry on a secret is refused, to the millisecond."""
    auth = HMAC + '[[sources.x.auth.secrets]]\nenv = "OLD"\nexpires_at = 2026-03-10T12:00:00Z\n'
    headers = {"X-Sig": sign(b"old secret", BODY, prefix="sha256=")}
    assert verify(auth, attempt(headers, now_ms=NOW_MS - 1))
    assert not verify(auth, attempt(headers, now_ms=NOW_MS))


def test_hmac_refuses_every_flipped_bit() -> None:
    """Each bit of the body and of the signature counts."""
    good = sign(b"new secret", BODY, prefix="sha256=")
    auth = HMAC + secrets("NEW")
    for position in range(len(BODY) * 8):
        flipped = bytearray(BODY)
        flipped[position // 8] ^= 1 << position % 8
        assert not verify(auth, attempt({"X-Sig": good}, body=bytes(flipped)))
    for position, digit in enumerate(good):
        other = "0" if digit != "0" else "1"
        assert not verify(auth, attempt({"X-Sig": good[:position] + other + good[position + 1 :]}))
    for other in ("", "sha256=", good.removeprefix("sha256="), good[:-1], good + "0", "\xff" * 64):
        assert not verify(auth, attempt({"X-Sig": other}))
    assert not verify(auth, attempt())


@pytest.mark.parametrize("algorithm", ["sha1", "sha256", "sha384", "sha512"])
@pytest.mark.parametrize("encoding", ["hex", "base64"])
def test_hmac_of_every_algorithm_and_encoding(algorithm: str, encoding: str) -> None:
    """The digest and how it is written are the source's choice."""
    auth = f'kind = "hmac"\nheader = "S"\nalgorithm = "{algorithm}"\nencoding = "{encoding}"\n' + secrets("NEW")
    good = sign(b"new secret", BODY, algorithm=algorithm, encoding=encoding)
    assert verify(auth, attempt({"s": good}))
    assert not verify(auth, attempt({"s": sign(b"old secret", BODY, algorithm=algorithm, encoding=encoding)}))


def test_hmac_of_a_signed_text_has_a_replay_window() -> None:
    """Where a time is signed, a request outside the window is refused, however good its signature."""
    auth = HMAC + 'signed = "v0:{timestamp}:{body}"\ntimestamp_header = "X-Time"\ntolerance_s = 300\n' + secrets("NEW")

    def signed(at: str) -> Attempt:
        message = f"v0:{at}:".encode() + BODY
        return attempt({"X-Time": at, "X-Sig": sign(b"new secret", message, prefix="sha256=")})

    assert verify(auth, signed(str(NOW_S)))
    assert verify(auth, signed(str(NOW_S - 300)))
    for stale in (NOW_S - 301, NOW_S + 301, 0):
        assert not verify(auth, signed(str(stale)))
    for nonsense in ("", "soon", "-1", "9" * 400, "1e9"):
        assert not verify(auth, signed(nonsense))
    moved = signed(str(NOW_S))
    moved_headers = [(n, str(NOW_S - 1).encode() if n == b"x-time" else v) for n, v in moved.headers.raw]
    assert not verify(auth, moved._replace(headers=RequestHeaders(moved_headers)))


def test_twilio_signs_the_public_url_and_the_form() -> None:
    """Twilio's signature is over the URL as the world sees it, and the form's fields sorted."""
    form = b"MessageStatus=read&MessageSid=SM1"
    good = sign(b"new secret", twilio_message(URL, form), algorithm="sha1", encoding="base64")
    headers = {"X-Twilio-Signature": good, "content-type": "application/x-www-form-urlencoded"}
    auth = 'kind = "twilio"\n' + secrets("NEW")
    assert verify(auth, attempt(headers, body=form))
    assert not verify(auth, attempt(headers, body=form + b"&x=1"))
    assert not verify(auth, attempt(headers, body=form, url=URL.replace("hooks", "other")))
    fixed = 'kind = "twilio"\nurl = "https://hooks.example.com/v1/webhooks/x"\n' + secrets("NEW")
    assert verify(fixed, attempt(headers, body=form, url="http://inside:8080/v1/webhooks/x?a=1"))


def test_bearer() -> None:
    """A bearer secret passes in its header, whole."""
    auth = 'kind = "bearer"\n' + secrets("NEW")
    assert verify(auth, attempt({"Authorization": "Bearer new secret"}))
    for wrong in ("Bearer new secre", "Bearer new secrets", "new secret", "Bearer ", "", "Basic new secret"):
        assert not verify(auth, attempt({"Authorization": wrong}))
    own = 'kind = "bearer"\nheader = "apikey"\nprefix = ""\n' + secrets("NEW")
    assert verify(own, attempt({"apikey": "new secret"}))


def test_basic() -> None:
    """User and password pass together, and nothing else does."""
    auth = 'kind = "basic"\nuser = "wpp"\n' + secrets("NEW")

    def basic(pair: str) -> Attempt:
        return attempt({"Authorization": "Basic " + base64.b64encode(pair.encode()).decode()})

    assert verify(auth, basic("wpp:new secret"))
    for wrong in ("wpp:old secret", "other:new secret", "wpp", ":", "wpp:new secret:"):
        assert not verify(auth, basic(wrong))
    for nonsense in ("Basic ***", "Basic", "Basic //79", ""):
        assert not verify(auth, attempt({"Authorization": nonsense}))


def test_secret_in_the_path() -> None:
    """The URL's last segment is the secret."""
    auth = 'kind = "path"\n' + secrets("NEW")
    assert verify(auth, attempt(path_secret="new secret"))
    for wrong in ("", "new secre", "new secret/", "\udcff"):
        assert not verify(auth, attempt(path_secret=wrong))


def test_jwt() -> None:
    """A token by our secret passes while it is in time, and only with the body it names; `none` never does."""
    auth = 'kind = "jwt"\n' + secrets("PADDED")
    key = ENVIRON["PADDED"]

    def token(key: str = key, algorithm: str = "HS256", **claims: Any) -> Attempt:
        return attempt({"Authorization": "Bearer " + jwt.encode(claims, key, algorithm=algorithm)})

    assert verify(auth, token(exp=NOW_S + 600))
    assert verify(auth, token(payload_hash=hashlib.sha256(BODY).hexdigest()))
    assert not verify(auth, token(exp=NOW_S - 600))
    assert not verify(auth, token(nbf=NOW_S + 600))
    assert not verify(auth, token(payload_hash=hashlib.sha256(b"other").hexdigest()))
    assert not verify(auth, token(key="another secret of sufficient length for HS256 and HS384"))
    assert not verify(auth, token(algorithm="HS384"))
    assert not verify(auth, attempt({"Authorization": "Bearer " + jwt.encode({}, "", algorithm="none")}))
    deep = base64.urlsafe_b64encode(b"[" * 10_000).decode()
    for nonsense in ("", "Bearer ", "Bearer a.b.c", "a.b.c", f"Bearer {deep}.e30.c"):
        assert not verify(auth, attempt({"Authorization": nonsense}))


def test_standard_webhooks() -> None:
    """Id, time and body are signed; one of several signatures is enough; a stale one is refused."""
    auth = 'kind = "standard_webhooks"\n' + secrets("NEW")

    def signed(at: int, body: bytes = BODY) -> dict[str, str]:
        message = f"msg_1.{at}.".encode() + body
        good = sign(b"new secret", message, encoding="base64", prefix="v1,")
        return {"webhook-id": "msg_1", "webhook-timestamp": str(at), "webhook-signature": f"v1,bm8= {good}"}

    assert verify(auth, attempt(signed(NOW_S)))
    assert not verify(auth, attempt(signed(NOW_S - 301)))
    assert not verify(auth, attempt(signed(NOW_S, b"other")))
    assert not verify(auth, attempt(signed(NOW_S) | {"webhook-id": "msg_2"}))
    assert not verify(auth, attempt())


def test_addresses() -> None:
    """A caller inside one of the networks passes; what is no address does not."""
    auth = 'kind = "addresses"\nnetworks = ["203.0.113.0/24", "2001:db8::/32"]\n'
    assert verify(auth, attempt(address="203.0.113.9"))
    assert verify(auth, attempt(address="2001:db8::1"))
    for outside in ("203.0.114.1", "2001:db9::1", "", "localhost"):
        assert not verify(auth, attempt(address=outside))


def test_client_certificate_only_from_a_trusted_proxy() -> None:
    """A forwarded certificate counts only where a trusted proxy says so."""
    auth = 'kind = "client_certificate"\nheader = "X-Client-Subject"\nallowed = ["CN=meta"]\n'
    headers = {"X-Client-Subject": "CN=meta"}
    assert verify(auth, attempt(headers, is_from_trusted_proxy=True))
    assert not verify(auth, attempt(headers))
    assert not verify(auth, attempt({"X-Client-Subject": "CN=other"}, is_from_trusted_proxy=True))
    assert not verify(auth, attempt(is_from_trusted_proxy=True))


def test_none_takes_anybody() -> None:
    """A source that says so explicitly takes everybody's."""
    assert verify('kind = "none"\n', attempt())


KINDS = (
    HMAC,
    HMAC
    + 'encoding = "base64"\nsigned = "{id}.{timestamp}.{url}.{body}"\nid_header = "I"\ntimestamp_header = "X-Time"\n',
    'kind = "twilio"\n',
    'kind = "bearer"\n',
    'kind = "basic"\nuser = "wpp"\n',
    'kind = "path"\n',
    'kind = "jwt"\n',
    'kind = "standard_webhooks"\n',
    'kind = "addresses"\nnetworks = ["10.0.0.0/8"]\n',
    'kind = "client_certificate"\nheader = "X-Cert"\nallowed = ["CN=meta"]\n',
)
NAMES = (
    "X-Sig",
    "X-Time",
    "I",
    "X-Twilio-Signature",
    "Authorization",
    "webhook-id",
    "webhook-timestamp",
    "webhook-signature",
    "X-Cert",
    "content-type",
)
VALUES = st.binary(max_size=60) | st.sampled_from(
    [b"Bearer a.b.c", b"Basic Og==", b"sha256=", b"1773144000", b"v1, v1,="]
)


@pytest.mark.parametrize("auth", KINDS)
def test_whatever_a_stranger_presents_is_refused(auth: str) -> None:
    """No bytes in any header, body, path or query pass without a secret, and none raise."""
    needs_secrets = not auth.startswith(('kind = "addresses"', 'kind = "client'))
    text = f'[sources.x]\nprovider = "wpp_marketing"\n[sources.x.auth]\n{auth}' + secrets("PADDED") * needs_secrets
    check = verifier(parse_sources(text, ENVIRON).by_name["x"])

    @settings(deadline=None)
    @given(st.dictionaries(st.sampled_from(NAMES), VALUES), st.binary(max_size=100), st.text(max_size=30))
    def present(headers: dict[str, bytes], body: bytes, said: str) -> None:
        raw = [(name.lower().encode(), value) for name, value in headers.items()]
        facts: dict[str, Any] = {
            "url": f"{URL}{said}",
            "path_secret": said,
            "address": said,
            "is_from_trusted_proxy": True,
        }
        assert check(attempt(**facts, body=body)._replace(headers=RequestHeaders(raw))) is False

    present()


def test_header_that_comes_twice_proves_nothing() -> None:
    """Which of two signatures, times or certificates counts cannot be known, so neither does; other headers may repeat."""
    good = attempt({"X-Sig": sign(b"new secret", BODY, prefix="sha256=")})
    auth = HMAC + secrets("NEW")
    for again in (good.headers.raw[0], (b"x-sig", b"sha256=0")):
        assert not verify(auth, good._replace(headers=RequestHeaders([again, *good.headers.raw])))
        assert not verify(auth, good._replace(headers=RequestHeaders([*good.headers.raw, again])))
    twice = [(b"accept", b"a"), (b"accept", b"b")]
    assert verify(auth, good._replace(headers=RequestHeaders([*good.headers.raw, *twice])))
    certificate = 'kind = "client_certificate"\nheader = "X-Client-Subject"\nallowed = ["CN=meta"]\n'
    subjects = RequestHeaders([(b"x-client-subject", b"CN=meta"), (b"x-client-subject", b"CN=other")])
    assert not verify(certificate, attempt(is_from_trusted_proxy=True)._replace(headers=subjects))


def test_without_a_value_a_secret_refuses_all() -> None:
    """A secret that is not there, or is empty, lets nobody in: not even who presents nothing, or signs with nothing."""
    for value in ({}, {"NEW": ""}):
        text = f'[sources.x]\nprovider = "wpp_marketing"\n[sources.x.auth]\nkind = "bearer"\n{secrets("NEW")}'
        check = verifier(parse_sources(text, value).by_name["x"])
        assert not check(attempt({"Authorization": "Bearer "}))
        assert not check(attempt())

"""Why a request did not prove itself: said by what came and what is expected, never by a secret."""

from typing import Any, Final

import pytest

from ingest.http.authenticate import Attempt
from ingest.http.refused_proof import why_refused
from ingest.http.request_headers import RequestHeaders
from schemas.signatures import sign
from schemas.sources import parse_sources

SECRET = "the-secret-of-the-source"
OTHER = "another-secret-altogether"
BODY = b'{"event": "read"}'
NOW_MS = 1_773_144_000_000
SECRETS = '[[sources.x.auth.secrets]]\nenv = "S"\n'
HMAC = 'kind = "hmac"\nheader = "X-Sig"\nprefix = "sha256="\n' + SECRETS
TIMED = 'kind = "hmac"\nheader = "X-Sig"\nsigned = "{timestamp}.{body}"\ntimestamp_header = "X-Time"\n' + SECRETS
STANDARD = 'kind = "standard_webhooks"\n' + SECRETS


def told(auth: str, headers: dict[str, str], provider: str = "wpp_marketing", more: str = "", **facts: Any) -> str:
    text = f'[sources.x]\nprovider = "{provider}"\n{more}\n[sources.x.auth]\n{auth}'
    raw = [(name.lower().encode(), value.encode("latin-1")) for name, value in headers.items()]
    known: dict[str, Any] = {
        "url": "",
        "path_secret": "",
        "address": "203.0.113.9",
        "is_from_trusted_proxy": False,
        "now_ms": NOW_MS,
    }
    source = parse_sources(text, {"S": SECRET}).by_name["x"]
    return why_refused(source, Attempt(headers=RequestHeaders(raw), body=BODY, **(known | facts)))


CASES: Final[tuple[tuple[str, dict[str, str], str], ...]] = (
    (HMAC, {}, "no X-Sig came, nor any other header like it; expected X-Sig: HMAC-SHA256, in hexadecimal, after"),
    (HMAC, {"X-Hub-Signature": "sha1=00"}, "no X-Sig came, but x-hub-signature"),
    (HMAC, {"X-Sig": "ab" * 32}, "X-Sig came, and does not begin with 'sha256='"),
    (HMAC, {"X-Sig": sign(OTHER.encode(), BODY, prefix="sha256=")}, "with 64 hexadecimal digits, which is another"),
    (HMAC, {"X-Sig": sign(OTHER.encode(), BODY, prefix="sha256=")}, "of the body's 17 bytes; secrets: S"),
    (TIMED, {"X-Sig": "00", "X-Time": "1773143000"}, "X-Time is 1000 s before this machine's clock, and 300 s are"),
    (TIMED, {"X-Sig": "00"}, "X-Time is missing"),
    (STANDARD, {}, "no webhook-signature came"),
    (STANDARD, {"svix-signature": "v1,AA", "svix-timestamp": "soon"}, "svix-timestamp is no time in Unix seconds"),
    ('kind = "bearer"\n' + SECRETS, {"Authorization": f"Basic {OTHER}"}, "does not begin with 'Bearer '"),
    ('kind = "bearer"\n' + SECRETS, {"Authorization": f"Bearer {OTHER}"}, "with 25 characters, which is another"),
    ('kind = "path"\n' + SECRETS, {}, "the URL ends with the source's name; expected the secret, behind"),
    (
        'kind = "addresses"\nnetworks = ["10.0.0.0/8"]\n',
        {},
        "it came from 203.0.113.9; expected an address in 10.0.0.0/8",
    ),
    ('kind = "client_certificate"\nheader = "X-C"\nallowed = ["a"]\n', {}, "it came from no trusted proxy"),
    ('kind = "jwt"\n' + SECRETS, {}, "no Authorization came"),
    ('kind = "basic"\nuser = "u"\n' + SECRETS, {"Authorization": f"Basic {OTHER}"}, "of user 'u' and the secret"),
)


@pytest.mark.parametrize(("auth", "headers", "expected"), CASES)
def test_each_reason_is_said(auth: str, headers: dict[str, str], expected: str) -> None:
    """What is missing, of another form, late, or plainly another is said, with what is expected; secrets never are."""
    why = told(auth, headers)
    assert expected in why
    assert SECRET not in why
    assert OTHER not in why


def test_a_signed_url_that_nobody_said_is_the_reason() -> None:
    """Where Twilio signs a URL that ingest was not told, that is said with the command, and not that the secret is wrong."""
    auth = 'kind = "twilio"\n' + SECRETS
    why = told(auth, {"X-Twilio-Signature": "AA"}, "twilio", url="/v1/webhooks/x")
    assert "Twilio signs the URL that it calls, and none is known: `recibo source url x https://HOST`" in why
    known = told(auth, {"X-Twilio-Signature": "AA"}, "twilio", url="https://h.example.com/v1/webhooks/x")
    assert "HMAC-SHA1, in base64, of the URL https://h.example.com/v1/webhooks/x and the form's" in known


def test_expired_secrets_are_said() -> None:
    """Where no secret is in force, nothing else is the reason."""
    auth = HMAC + "expires_at = 2020-01-01T00:00:00Z\n"
    assert "have expired: `recibo source rotate`" in told(
        auth, {"X-Sig": sign(SECRET.encode(), BODY, prefix="sha256=")}
    )

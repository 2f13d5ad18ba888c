"""Proofs that a body came from its provider: pure, over the raw bytes, compared in constant time.

Nothing here parses a body or reads a clock. Which proof a source uses is its `auth` table in `recibo.toml`;
several secrets are tried by calling these once for each. Every function answers False, never raises, for
whatever a stranger may send.
"""

import base64
import hashlib
import hmac
from collections.abc import Sequence
from typing import Final
from urllib.parse import parse_qs, parse_qsl, urlsplit

import jwt

ALGORITHMS: Final = ("sha1", "sha256", "sha384", "sha512")
ENCODINGS: Final = ("hex", "base64")
_TOLERANCE_S: Final = 300
"""How far a signed timestamp may be from now: Standard Webhooks recommends a few minutes."""
_DIGITS_MAX: Final = 20
_FIELDS_MAX: Final = 1_000
_SIGNATURES_MAX: Final = 16


def same(given: str, expected: str) -> bool:
    """Compare two secrets in constant time, whatever characters a stranger put into one of them."""
    return hmac.compare_digest(given.encode("utf-8", "surrogatepass"), expected.encode("utf-8", "surrogatepass"))


def sign(secret: bytes, message: bytes, *, algorithm: str = "sha256", encoding: str = "hex", prefix: str = "") -> str:
    """Return the HMAC of `message` as a header carries it, e.g. `sha256=9f…`: for test events and tests.

    Args:
        secret: the shared secret, as bytes.
        message: the exact bytes that are signed.
        algorithm: one of ALGORITHMS.
        encoding: one of ENCODINGS.
        prefix: what stands before the digest.
    """
    digest = hmac.digest(secret, message, algorithm)
    return prefix + (digest.hex() if encoding == "hex" else base64.b64encode(digest).decode("ascii"))


def hmac_valid(
    secret: bytes, message: bytes, presented: str, *, algorithm: str = "sha256", encoding: str = "hex", prefix: str = ""
) -> bool:
    """Tell whether `presented` is the HMAC of `message` under `secret` (see `sign`). Hex may be upper-case."""
    if not presented.isascii():
        return False
    given = presented.lower() if encoding == "hex" else presented
    expected = sign(secret, message, algorithm=algorithm, encoding=encoding, prefix=prefix)
    return hmac.compare_digest(given, expected.lower() if encoding == "hex" else expected)


def twilio_message(url: str, form: bytes) -> bytes:
    """Return what Twilio signs of a form: the URL, then each distinct name and value, sorted, run together.

    Args:
        url: the public URL as Twilio was given it, query included.
        form: the body, `application/x-www-form-urlencoded`.

    Raises:
        ValueError: the body has too many fields.

    Source: Twilio "Security", "Validating requests"; twilio-ruby `RequestValidator` (repeated values count once).
    """
    text = form.decode("utf-8", "replace")
    pairs = sorted(set(parse_qsl(text, keep_blank_values=True, max_num_fields=_FIELDS_MAX)))
    return (url + "".join(name + value for name, value in pairs)).encode("utf-8", "surrogatepass")


def _with_and_without_port(url: str) -> tuple[str, ...]:
    """Return the URL as given, and with the scheme's own port named or left out: Twilio has signed both."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return (url,)
    usual = 443 if parts.scheme == "https" else 80
    host = parts.netloc
    if port is None:
        return url, parts._replace(netloc=f"{host}:{usual}").geturl()
    if port == usual:
        return url, parts._replace(netloc=host.removesuffix(f":{usual}")).geturl()
    return (url,)


def twilio_valid(secret: bytes, url: str, body: bytes, presented: str, *, content_type: str = "") -> bool:
    """Tell whether `X-Twilio-Signature` (base64 HMAC-SHA1) is right for a request to the public `url`.

    A form is signed through its fields (`twilio_message`); any other body through the query's `bodySHA256`,
    which must then be the body's digest.

    Args:
        secret: the account's auth token.
        url: the public URL that Twilio called, query included (behind a proxy: not the one seen here).
        body: the raw body.
        presented: the header's value.
        content_type: the request's, where known.
    """
    form = body
    if content_type and not content_type.lower().startswith("application/x-www-form-urlencoded"):
        digests = parse_qs(urlsplit(url).query).get("bodySHA256", [""])
        if not same(digests[0].lower(), hashlib.sha256(body).hexdigest()):
            return False
        form = b""
    try:
        messages = [twilio_message(candidate, form) for candidate in _with_and_without_port(url)]
    except ValueError:
        return False
    return any(hmac_valid(secret, m, presented, algorithm="sha1", encoding="base64") for m in messages)


def standard_webhooks_keys(secret: str) -> tuple[bytes, ...]:
    """Return the keys that a Standard Webhooks secret may stand for, the likeliest first.

    `whsec_` and base64 is the specification's form. The senders' libraries read any other secret as base64 too, others
    take a text's own bytes: both are tried.
    """
    try:
        decoded = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except ValueError:
        return (secret.encode(),)
    return (decoded,) if secret.startswith("whsec_") else (secret.encode(), decoded)


def standard_webhooks_valid(
    secret: str,
    message_id: str,
    timestamp: str,
    signatures: str,
    *,
    body: bytes,
    now_s: float,
    tolerance_s: float = _TOLERANCE_S,
) -> bool:
    """Tell whether a Standard Webhooks request is genuine and fresh.

    Args:
        secret: `whsec_…`, or any text.
        message_id: header `webhook-id`.
        timestamp: header `webhook-timestamp`, Unix seconds.
        signatures: header `webhook-signature`: `v1,BASE64`, several separated by spaces while rotating.
        body: the raw body.
        now_s: the time, Unix seconds.
        tolerance_s: how far the timestamp may be from it, in seconds.

    Source: Standard Webhooks specification, section on the signature scheme.
    """
    if not (timestamp.isascii() and timestamp.isdecimal() and len(timestamp) <= _DIGITS_MAX):
        return False
    if abs(now_s - int(timestamp)) > tolerance_s:
        return False
    message = f"{message_id}.{timestamp}.".encode("utf-8", "surrogatepass") + body
    expected = [sign(key, message, encoding="base64", prefix="v1,") for key in standard_webhooks_keys(secret) if key]
    return any(same(given, one) for given in signatures.split(" ")[:_SIGNATURES_MAX] for one in expected)


def jwt_valid(
    token: str,
    secret: str,
    body: bytes,
    now_s: float,
    *,
    algorithms: Sequence[str] = ("HS256",),
    leeway_s: float = 60,
    needs_end: bool = True,
) -> bool:
    """Tell whether `token` is a JSON Web Token of ours, in time, and of this body where it names one.

    A `payload_hash` claim (Vonage) must be the body's hex SHA-256. Evolution API's `jwt_key` tokens live ten minutes.

    Args:
        token: what follows `Bearer `.
        secret: the shared secret.
        body: the raw body.
        now_s: the time, Unix seconds.
        algorithms: those taken; `none` never is.
        leeway_s: allowance for clocks that differ, in seconds.
        needs_end: whether a token that ends at no time (no `exp`), and is good for any body, is refused.
    """
    try:
        claims = jwt.decode(
            token,
            secret,
            algorithms=[a for a in algorithms if a.lower() != "none"],
            options={  # times are checked below, with our clock; the others may be anything, a `sub` that is a number too
                "verify_exp": False,
                "verify_nbf": False,
                "verify_iat": False,
                "verify_aud": False,
                "verify_iss": False,
                "verify_sub": False,
                "verify_jti": False,
            },
        )
    except (jwt.PyJWTError, ValueError, RecursionError):  # a token's head is JSON, parsed before it is trusted
        return False
    if not _in_time(claims.get("nbf"), claims.get("exp"), now_s, leeway_s):
        return False
    named = claims.get("payload_hash")
    if needs_end and claims.get("exp") is None and named is None:
        return False
    return named is None or same(str(named).lower(), hashlib.sha256(body).hexdigest())


def _in_time(not_before: object, expires: object, now_s: float, leeway_s: float) -> bool:
    begun = not_before is None or (isinstance(not_before, int | float) and not_before <= now_s + leeway_s)
    ended = expires is not None and not (isinstance(expires, int | float) and expires > now_s - leeway_s)
    return begun and not ended

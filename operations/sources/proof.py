"""What a genuine provider would add to a body: the headers, and the URL, that a source's `auth` asks for. Pure."""

import base64
import hashlib
from dataclasses import dataclass

import jwt

from schemas.authentication import (
    Basic,
    Bearer,
    Hmac,
    Jwt,
    NoAuthentication,
    PathSecret,
    StandardWebhooks,
    Twilio,
)
from schemas.errors import DeploymentError
from schemas.proof_text import expected_proof
from schemas.signatures import sign, standard_webhooks_keys, twilio_message
from schemas.sources import WEBHOOKS_PATH, Secret, Source

_TOKEN_S = 600


@dataclass(frozen=True, slots=True)
class Proof:
    """What goes with a body."""

    url: str
    headers: dict[str, str]
    told: str = ""
    """What they are made of, in words, without the secret; "" for nothing."""


def webhook_url(origin: str, source: Source, secret: str) -> str:
    """Return the URL that the provider posts to, its secret included where that is the proof."""
    return f"{origin}{WEBHOOKS_PATH}{source.name}" + (f"/{secret}" if isinstance(source.auth, PathSecret) else "")


def newest_secret(source: Source) -> str:
    """Return the secret that a provider should use now; "" for a source without.

    Raises:
        DeploymentError: it is not in the environment.
    """
    if not source.secrets:
        return ""
    newest = _newest(source)
    if not newest.value:
        raise DeploymentError(f"source {source.name}: the secret {newest.env} is not set; see `recibo source show`")
    return newest.value


def _newest(source: Source) -> Secret:
    return next((s for s in source.secrets if s.expires_at_ms is None), source.secrets[0])


def prove(source: Source, origin: str, body: bytes, now_s: float, *, public_url: str = "") -> Proof:
    """Return the URL and headers under which ingest takes `body` for the provider's.

    Args:
        source: the source, with its secrets.
        origin: scheme, host and port that are really called.
        body: the body.
        now_s: the time, Unix seconds.
        public_url: what the provider calls, where the URL is signed and differs from `origin`.

    Raises:
        DeploymentError: the proof cannot be made here (an address, a client certificate), or a secret is missing.
    """
    secret = newest_secret(source)
    url = webhook_url(origin, source, secret)
    signed_url = webhook_url(public_url, source, secret) if public_url else url
    headers = _headers(source, secret, signed_url, body, now_s)
    told = ""
    if secret:
        shown = webhook_url(public_url or origin, source, "…")
        told = f"{expected_proof(source.auth, shown, body)}; under {_newest(source).env}"
    return Proof(url, headers, told)


def _headers(source: Source, secret: str, signed_url: str, body: bytes, now_s: float) -> dict[str, str]:  # noqa: PLR0911 - one return a kind
    match source.auth:
        case Hmac() as auth:
            return _hmac_headers(auth, secret, body, signed_url, now_s)
        case Twilio() as auth:
            message = twilio_message(auth.url or signed_url, body)
            return {auth.header: sign(secret.encode(), message, algorithm="sha1", encoding="base64")}
        case Bearer() as auth:
            return {auth.header: auth.prefix + secret}
        case Basic() as auth:
            pair = base64.b64encode(f"{auth.user}:{secret}".encode()).decode()
            return {"Authorization": f"Basic {pair}"}
        case Jwt() as auth:
            claims = {"iat": int(now_s), "exp": int(now_s) + _TOKEN_S}
            return {auth.header: auth.prefix + jwt.encode(claims, secret, algorithm=auth.algorithms[0])}
        case StandardWebhooks():
            return _standard_webhooks_headers(secret, body, now_s)
        case PathSecret() | NoAuthentication():
            return {}
    raise DeploymentError(
        f"source {source.name} is proved by {type(source.auth).__name__}, which cannot be produced here: "
        "send a test from the provider's own panel"
    )


def _hmac_headers(auth: Hmac, secret: str, body: bytes, url: str, now_s: float) -> dict[str, str]:
    stamp, identifier = str(int(now_s)), _identifier(body, now_s)
    before, _, after = auth.signed.partition("{body}")
    known = {"timestamp": stamp, "id": identifier, "url": url}
    message = before.format_map(known).encode() + body + after.format_map(known).encode()
    digest = sign(secret.encode(), message, algorithm=auth.algorithm, encoding=auth.encoding, prefix=auth.prefix)
    headers = {auth.header: digest}
    if auth.timestamp_header:
        headers[auth.timestamp_header] = stamp
    if auth.id_header:
        headers[auth.id_header] = identifier
    return headers


def _identifier(body: bytes, now_s: float) -> str:
    """Return an id of the request: of this body, posted at this time."""
    return hashlib.sha256(f"{now_s}:".encode() + body).hexdigest()[:32]


def _standard_webhooks_headers(secret: str, body: bytes, now_s: float) -> dict[str, str]:
    identifier, stamp = f"msg_{_identifier(body, now_s)}", str(int(now_s))
    message = f"{identifier}.{stamp}.".encode() + body
    signature = sign(standard_webhooks_keys(secret)[0], message, encoding="base64", prefix="v1,")
    return {"webhook-id": identifier, "webhook-timestamp": stamp, "webhook-signature": signature}

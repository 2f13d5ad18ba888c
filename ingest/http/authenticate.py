"""Is a request its provider's? Decided over the raw bytes, in constant time, before anything is parsed. Pure."""

import base64
import binascii
from collections.abc import Callable, Sequence
from ipaddress import ip_address, ip_network
from typing import NamedTuple

from ingest.http.request_headers import RequestHeaders
from schemas.authentication import (
    SIGNED_BODY,
    Addresses,
    Authentication,
    Basic,
    Bearer,
    ClientCertificate,
    Hmac,
    Jwt,
    PathSecret,
    StandardWebhooks,
    Twilio,
)
from schemas.signatures import hmac_valid, jwt_valid, same, standard_webhooks_valid, twilio_valid
from schemas.sources import Secret, Source

_DIGITS_MAX = 20


class Attempt(NamedTuple):
    """What a request presents."""

    headers: RequestHeaders
    body: bytes
    """Raw, as received."""
    url: str
    """The public URL that was called, query included; only where `signs_url`."""
    path_secret: str
    """The URL's last segment after the source's name; "" where there is none."""
    address: str
    """The caller's, seen through trusted proxies only."""
    is_from_trusted_proxy: bool
    now_ms: int


Verify = Callable[[Attempt], bool]
_Check = Callable[[Attempt, str], bool]


def verifier(source: Source) -> Verify:
    """Return the check of whether an attempt is `source`'s provider's. Compiled once, so that a request costs little."""
    auth = source.auth
    if isinstance(auth, Addresses):
        return _addresses(auth)
    if isinstance(auth, ClientCertificate):
        return lambda attempt: (
            attempt.is_from_trusted_proxy and _any_same(attempt.headers.only(auth.header), auth.allowed)
        )
    check = _check(auth)
    if check is None:
        return lambda _attempt: True
    secrets = source.secrets
    return lambda attempt: _any_secret(check, attempt, secrets)


def _any_secret(check: _Check, attempt: Attempt, secrets: Sequence[Secret]) -> bool:
    """Try every secret in force, without stopping at the first that fits: the time taken does not reveal which."""
    valid = False
    for secret in secrets:
        in_force = secret.expires_at_ms is None or attempt.now_ms < secret.expires_at_ms
        if in_force and secret.value:
            valid |= check(attempt, secret.value)
    return valid


def _any_same(given: str, allowed: Sequence[str]) -> bool:
    valid = False
    for value in allowed:
        valid |= same(given, value)
    return valid


def _check(auth: Authentication) -> _Check | None:  # noqa: PLR0911 - one return a kind
    """Return the check of one secret; None for a source that says anybody may post."""
    if isinstance(auth, Hmac):
        return _hmac(auth)
    if isinstance(auth, Twilio):
        return lambda attempt, secret: twilio_valid(
            secret.encode(),
            _twilio_url(auth, attempt.url),
            attempt.body,
            attempt.headers.only(auth.header),
            content_type=attempt.headers.get("content-type"),
        )
    if isinstance(auth, Bearer):
        return lambda attempt, secret: same(attempt.headers.only(auth.header), auth.prefix + secret)
    if isinstance(auth, Basic):
        return lambda attempt, secret: _basic_valid(attempt.headers.only("authorization"), auth.user, secret)
    if isinstance(auth, PathSecret):
        return lambda attempt, secret: same(attempt.path_secret, secret)
    if isinstance(auth, Jwt):
        return lambda attempt, secret: _jwt_valid(auth, attempt, secret)
    if isinstance(auth, StandardWebhooks):
        return lambda attempt, secret: _standard_webhooks_valid(auth, attempt, secret)
    return None


def _hmac(auth: Hmac) -> _Check:
    signs_body_only = auth.signed == SIGNED_BODY

    def check(attempt: Attempt, secret: str) -> bool:
        message = attempt.body if signs_body_only else _signed(auth, attempt)
        return message is not None and hmac_valid(
            secret.encode(),
            message,
            attempt.headers.only(auth.header),
            algorithm=auth.algorithm,
            encoding=auth.encoding,
            prefix=auth.prefix,
        )

    return check


def _signed(auth: Hmac, attempt: Attempt) -> bytes | None:
    """Return the signed bytes, or None where the signed time is no time or is outside the replay window."""
    timestamp = attempt.headers.only(auth.timestamp_header) if auth.timestamp_header else ""
    if auth.timestamp_header:
        if not (timestamp.isascii() and timestamp.isdecimal() and len(timestamp) <= _DIGITS_MAX):
            return None
        if abs(attempt.now_ms / 1000 - int(timestamp)) > auth.tolerance_s:
            return None
    before, _, after = auth.signed.partition(SIGNED_BODY)
    known = {
        "timestamp": timestamp,
        "id": attempt.headers.only(auth.id_header) if auth.id_header else "",
        "url": attempt.url,
    }
    encode = [part.format_map(known | {"body": ""}).encode("utf-8", "surrogatepass") for part in (before, after)]
    return encode[0] + attempt.body + encode[1]


def _twilio_url(auth: Twilio, url: str) -> str:
    query = url.partition("?")[2]
    return f"{auth.url}{'?' if query else ''}{query}" if auth.url else url


def _basic_valid(header: str, user: str, password: str) -> bool:
    scheme, _, encoded = header.partition(" ")
    if scheme.lower() != "basic":
        return False
    try:
        given = base64.b64decode(encoded, validate=True).decode()
    except (binascii.Error, ValueError):
        return False
    return same(given, f"{user}:{password}")


def _standard_webhooks_valid(auth: StandardWebhooks, attempt: Attempt, secret: str) -> bool:
    family = "webhook" if attempt.headers.get("webhook-signature") else "svix"
    return standard_webhooks_valid(
        secret,
        *(attempt.headers.only(f"{family}-{what}") for what in ("id", "timestamp", "signature")),
        body=attempt.body,
        now_s=attempt.now_ms / 1000,
        tolerance_s=auth.tolerance_s,
    )


def _jwt_valid(auth: Jwt, attempt: Attempt, secret: str) -> bool:
    presented = attempt.headers.only(auth.header)
    if not presented.startswith(auth.prefix):
        return False
    token = presented[len(auth.prefix) :]
    return jwt_valid(
        token,
        secret,
        attempt.body,
        attempt.now_ms / 1000,
        algorithms=auth.algorithms,
        leeway_s=auth.leeway_s,
        needs_end=auth.needs_end,
    )


def _addresses(auth: Addresses) -> Verify:
    networks = [ip_network(network) for network in auth.networks]

    def check(attempt: Attempt) -> bool:
        try:
            address = ip_address(attempt.address)
        except ValueError:
            return False
        return any(address in network for network in networks)

    return check

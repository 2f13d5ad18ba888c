"""A request that can be pasted: a webhook of WPP Marketing's default shape, signed, for a registered source."""

import json
import shlex
import uuid
from datetime import UTC, datetime

from schemas.authentication import SIGNED_BODY, Bearer, Hmac, NoAuthentication, PathSecret
from schemas.signatures import sign
from schemas.sources import Source


def sample_body(now: datetime) -> bytes:
    """Return the body of a `delivered` webhook about a message of its own, at `now`."""
    unique = uuid.uuid4().hex[:12]
    body = {
        "event_id": f"evt_{unique}",
        "event": "delivered",
        "occurred_at": now.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "connection": {"id": "conn-sample", "phone": "12025550100"},
        "message": {"id": f"sample-{unique}", "tracking_id": f"3EB0{unique.upper()}", "client_ref": "order-1001"},
        "recipient": {"phone": "5511900000001"},
        "error": None,
    }
    return json.dumps(body, separators=(",", ":")).encode()


def webhook_url(origin: str, source: Source) -> str:
    """Return the URL to register with the provider."""
    secret = _secret(source) if isinstance(source.auth, PathSecret) else None
    return f"{origin}/v1/webhooks/{source.name}" + (f"/{secret}" if secret else "")


def curl_line(origin: str, source: Source, body: bytes) -> str | None:
    """Return a shell line that posts `body` with the source's proof; None for a proof that cannot be written down."""
    proof: dict[str, str] = {}
    secret = _secret(source)
    match source.auth:
        case Hmac(signed=signed) as auth if signed == SIGNED_BODY and secret:
            digest = sign(secret.encode(), body, algorithm=auth.algorithm, encoding=auth.encoding, prefix=auth.prefix)
            proof = {auth.header: digest}
        case Bearer() as auth if secret:
            proof = {auth.header: auth.prefix + secret}
        case PathSecret() | NoAuthentication():
            pass
        case _:
            return None
    headers = {"Content-Type": "application/json", **proof}
    options = " ".join(f"-H {shlex.quote(f'{name}: {value}')}" for name, value in headers.items())
    return f"curl -i {webhook_url(origin, source)} {options} -d {shlex.quote(body.decode())}"


def _secret(source: Source) -> str | None:
    return next((secret.value for secret in source.secrets if secret.value), None)

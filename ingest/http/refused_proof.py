"""Why a request did not prove itself, in words for the log: what it presented and what was expected. Never a secret. Pure.

Only who reads the log learns it: the answer is the same for everybody. What a stranger presented is described, not repeated.
"""

import re
from typing import Final

from ingest.http.authenticate import Attempt
from ingest.http.request_headers import RequestHeaders
from schemas.authentication import (
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
    knows_its_url,
    signs_url,
)
from schemas.proof_text import expected_proof
from schemas.sources import Source

_LIKE_A_PROOF: Final = re.compile(r"signature|hmac|token|secret|apikey|api-key|authorization", re.IGNORECASE)
_NAME: Final = re.compile(r"[A-Za-z0-9-]{1,64}")
_NAMES_MAX: Final = 5
_DIGITS_MAX: Final = 20
_HEX: Final = re.compile(r"[0-9A-Fa-f]+")


def why_refused(source: Source, attempt: Attempt) -> str:
    """Return one sentence on what an attempt presented, and what its source expects."""
    auth = source.auth
    if signs_url(auth) and not knows_its_url(auth) and not attempt.url.startswith("http"):
        return (
            f"{source.provider.title} signs the URL that it calls, and none is known: `recibo source url {source.name} "
            "https://HOST`, or RECIBO_PUBLIC_URL"
        )
    if source.secrets and not any(
        s.value and (s.expires_at_ms is None or attempt.now_ms < s.expires_at_ms) for s in source.secrets
    ):
        return "all secrets of the source have expired: `recibo source rotate`"
    under = f"; secrets: {', '.join(secret.env for secret in source.secrets)}" if source.secrets else ""
    return f"{_presented(auth, attempt)}; expected {expected_proof(auth, attempt.url, attempt.body)}{under}"


def _presented(auth: Authentication, attempt: Attempt) -> str:  # noqa: PLR0911 - one return a reason
    if isinstance(auth, Addresses):
        return f"it came from {attempt.address}"
    if isinstance(auth, PathSecret):
        return "another secret came" if attempt.path_secret else "the URL ends with the source's name"
    if isinstance(auth, ClientCertificate) and not attempt.is_from_trusted_proxy:
        return "it came from no trusted proxy (RECIBO_INGEST_TRUSTED_PROXIES)"
    name, prefix, time_header, tolerance_s = _places(auth, attempt.headers)
    value = attempt.headers.only(name)
    if not value:
        return _absent(name, attempt.headers)
    if prefix and not value.startswith(prefix):
        return f"{name} came, and does not begin with {prefix!r}"
    if time_header:
        late = _late(attempt.headers.only(time_header), attempt.now_ms, tolerance_s)
        if late:
            return f"{time_header} {late}"
    return f"{name} came with {_described(value.removeprefix(prefix))}, which is another"


def _places(auth: Authentication, headers: RequestHeaders) -> tuple[str, str, str, int]:
    """Return (header of the proof, what its value begins with, header of the signed time, how old that may be in seconds)."""
    match auth:
        case Hmac():
            return auth.header, auth.prefix, auth.timestamp_header, auth.tolerance_s
        case Bearer() | Jwt():
            return auth.header, auth.prefix, "", 0
        case Basic():
            return "Authorization", "Basic ", "", 0
        case StandardWebhooks():
            family = "svix" if headers.get("svix-signature") and not headers.get("webhook-signature") else "webhook"
            return f"{family}-signature", "", f"{family}-timestamp", auth.tolerance_s
        case Twilio() | ClientCertificate():
            return auth.header, "", "", 0
    return "", "", "", 0


def _absent(name: str, headers: RequestHeaders) -> str:
    if headers.get(name):
        return f"{name} came more than once"
    names = {key.decode("latin-1") for key, _ in headers.raw}
    like = sorted(one for one in names if _LIKE_A_PROOF.search(one) and _NAME.fullmatch(one))[:_NAMES_MAX]
    return f"no {name} came" + (f", but {', '.join(like)}" if like else ", nor any other header like it")


def _late(value: str, now_ms: int, tolerance_s: int) -> str:
    """Return what is wrong with a signed time; "" where nothing is."""
    if not (value.isascii() and value.isdecimal() and len(value) <= _DIGITS_MAX):
        return "is no time in Unix seconds" if value else "is missing"
    off_s = now_ms // 1000 - int(value)
    if abs(off_s) <= tolerance_s:
        return ""
    return (
        f"is {abs(off_s)} s {'before' if off_s > 0 else 'after'} this machine's clock, and {tolerance_s} s are allowed"
    )


def _described(value: str) -> str:
    kind = "hexadecimal digits" if _HEX.fullmatch(value) else "characters"
    return f"{len(value)} {kind}"

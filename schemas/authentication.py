"""How a source proves that a request is its provider's: the `[sources.NAME.auth]` table of `recibo.toml`, typed.

The rules only; secrets are named by environment variable and kept apart (`schemas.sources.Secret`), and deciding
is `ingest.http.authenticate`.
"""

from collections.abc import Mapping
from datetime import datetime
from ipaddress import ip_network
from typing import Any, Final, Literal, get_args

import msgspec

SIGNED_BODY: Final = "{body}"
SIGNED_FIELDS: Final = ("body", "timestamp", "id", "url")


class SecretReference(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where a secret is, never the secret itself."""

    env: str
    """Environment variable that holds it."""
    expires_at: datetime | None = None
    """From then on it is refused; an offset is required, so that no zone is guessed."""


class _Kind(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind"):
    """What every kind of authentication may have."""

    secrets: tuple[SecretReference, ...] = ()


class Hmac(_Kind, frozen=True, kw_only=True, tag="hmac"):
    """A keyed digest of the raw bytes in a header (Meta, WAHA, WPP Marketing, …)."""

    header: str
    algorithm: Literal["sha1", "sha256", "sha384", "sha512"] = "sha256"
    encoding: Literal["hex", "base64"] = "hex"
    prefix: str = ""
    signed: str = SIGNED_BODY
    """What is signed: a text with `{body}`, and `{timestamp}`, `{id}` or `{url}` where they are signed too."""
    timestamp_header: str = ""
    """Header of the signed time in Unix seconds; with it, a request older than `tolerance_s` is refused."""
    id_header: str = ""
    tolerance_s: int = 300


class Twilio(_Kind, frozen=True, kw_only=True, tag="twilio"):
    """Twilio's own rule: the public URL and the form's fields, sorted."""

    header: str = "X-Twilio-Signature"
    url: str = ""
    """The URL as Twilio was given it, without query; the public URL and the request's path where not said."""


class Bearer(_Kind, frozen=True, kw_only=True, tag="bearer"):
    """A shared secret in a header."""

    header: str = "Authorization"
    prefix: str = "Bearer "


class Basic(_Kind, frozen=True, kw_only=True, tag="basic"):
    """HTTP basic authentication; the secrets are its passwords."""

    user: str


class PathSecret(_Kind, frozen=True, kw_only=True, tag="path"):
    """A secret as the last segment of the URL, for providers that can do nothing else."""


class Jwt(_Kind, frozen=True, kw_only=True, tag="jwt"):
    """A JSON Web Token signed with a shared secret (Evolution API, Vonage)."""

    header: str = "Authorization"
    prefix: str = "Bearer "
    algorithms: tuple[Literal["HS256", "HS384", "HS512"], ...] = ("HS256",)
    leeway_s: int = 60
    needs_end: bool = True
    """Whether a token without `exp`, and without a `payload_hash` that ties it to its body, is refused: whoever saw it
    once could use it for ever."""


class StandardWebhooks(_Kind, frozen=True, kw_only=True, tag="standard_webhooks"):
    """`webhook-id`, `webhook-timestamp` and `webhook-signature` of the Standard Webhooks specification, or Svix's own names
    of them, `svix-id`, `svix-timestamp` and `svix-signature`.
    """

    tolerance_s: int = 300


class Addresses(_Kind, frozen=True, kw_only=True, tag="addresses"):
    """The caller's network, seen through trusted proxies only."""

    networks: tuple[str, ...]


class ClientCertificate(_Kind, frozen=True, kw_only=True, tag="client_certificate"):
    """A client certificate that a trusted proxy verified and named in a header."""

    header: str
    allowed: tuple[str, ...]
    """Fingerprints or subjects, as the proxy writes them."""


class NoAuthentication(_Kind, frozen=True, kw_only=True, tag="none"):
    """Anybody may post: said explicitly, never by leaving something out."""


Authentication = (
    Hmac
    | Twilio
    | Bearer
    | Basic
    | PathSecret
    | Jwt
    | StandardWebhooks
    | Addresses
    | ClientCertificate
    | NoAuthentication
)

KINDS: Final = tuple(str(kind.__struct_config__.tag) for kind in get_args(Authentication))
_WITHOUT_SECRETS: Final = (Addresses, ClientCertificate, NoAuthentication)


def authentication_of(table: Mapping[str, Any] | str) -> Authentication:
    """Return the typed `auth` of a source: a table, or the word `none`.

    Raises:
        ValueError: it is not usable; the message names the key and says what to write instead.
    """
    if table == "none":
        return NoAuthentication()
    if isinstance(table, str) or table.get("kind") not in KINDS:
        raise ValueError(f'kind: one of {", ".join(KINDS)}; where nothing proves the caller, say auth = "none"')
    auth: Authentication = msgspec.convert(table, type=Authentication)
    _check_secrets(auth)
    if isinstance(auth, Addresses):
        for network in auth.networks:
            ip_network(network)
    if isinstance(auth, Hmac):
        _check_signed(auth)
    return auth


def signs_url(auth: Authentication) -> bool:
    """Tell whether the URL that the provider calls is part of what is signed."""
    return isinstance(auth, Twilio) or (isinstance(auth, Hmac) and "{url}" in auth.signed)


def knows_its_url(auth: Authentication) -> bool:
    """Tell whether the signed URL is in the `auth` table itself."""
    return isinstance(auth, Twilio) and bool(auth.url)


def secret_header_of(auth: Authentication) -> str:
    """Return the header in which a credential itself travels, good for more than one body; "" for none."""
    return auth.header if isinstance(auth, Bearer | Jwt) else ""


def _check_secrets(auth: Authentication) -> None:
    if isinstance(auth, _WITHOUT_SECRETS):
        if auth.secrets:
            raise ValueError("secrets: this kind uses none; remove them, or choose another kind")
    elif not auth.secrets:
        raise ValueError('secrets: none given; add [[…auth.secrets]] with env = "VARIABLE", or say auth = "none"')
    for secret in auth.secrets:
        if secret.expires_at is not None and secret.expires_at.tzinfo is None:
            raise ValueError(f"secrets.expires_at: {secret.expires_at} has no offset; write e.g. 2027-01-01T00:00:00Z")


def _check_signed(auth: Hmac) -> None:
    if "{body}" not in auth.signed:
        raise ValueError("signed: must contain {body}: a signature that leaves the body out proves nothing")
    try:
        auth.signed.format_map(dict.fromkeys(SIGNED_FIELDS, ""))
    except (KeyError, ValueError, IndexError, AttributeError) as error:
        raise ValueError(f"signed: {error} is not one of {{{'}, {'.join(SIGNED_FIELDS)}}}") from error
    if "{timestamp}" in auth.signed and not auth.timestamp_header:
        raise ValueError("timestamp_header: needed, since {timestamp} is signed")
    if auth.timestamp_header and "{timestamp}" not in auth.signed:
        raise ValueError("timestamp_header: pointless unless `signed` contains {timestamp}: anyone could change it")
    if "{id}" in auth.signed and not auth.id_header:
        raise ValueError("id_header: needed, since {id} is signed")

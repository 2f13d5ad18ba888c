"""What a source's proof is made of, in words: for those whose webhooks are refused. Pure, and never a secret's value."""

from urllib.parse import parse_qsl

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


def expected_proof(  # noqa: PLR0911 - one return a kind
    auth: Authentication, url: str, body: bytes
) -> str:
    """Return what a request has to present, e.g. "X-Sig: HMAC-SHA256, in hexadecimal, of the body's 143 bytes".

    Args:
        auth: the source's.
        url: the public URL that is signed; "" where none is known.
        body: the request's.
    """
    match auth:
        case Hmac():
            encoding = "hexadecimal" if auth.encoding == "hex" else "base64"
            after = f", after {auth.prefix!r}" if auth.prefix else ""
            digest = f"HMAC-{auth.algorithm.upper()}, in {encoding}{after}, of"
            return f"{auth.header}: {digest} {_signed(auth, url, body)}"
        case Twilio():
            fields = len(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))
            return f"{auth.header}: HMAC-SHA1, in base64, of the URL {auth.url or url or '(none is known)'} and the form's {fields} fields, sorted"
        case Bearer():
            return f"{auth.header}: {auth.prefix!r} and the secret"
        case Basic():
            return f"Authorization: Basic, of user {auth.user!r} and the secret"
        case PathSecret():
            return "the secret, behind the source's name in the URL"
        case Jwt():
            return f"{auth.header}: {auth.prefix!r} and a JSON Web Token ({', '.join(auth.algorithms)})"
        case StandardWebhooks():
            return (
                "webhook-id, webhook-timestamp and webhook-signature (or svix-…): v1 and HMAC-SHA256, in base64, of id, time "
                f"and the body's {len(body)} bytes"
            )
        case Addresses():
            return f"an address in {', '.join(auth.networks)}"
        case ClientCertificate():
            return f"{auth.header}, written by a trusted proxy"
    return "nothing"


def _signed(auth: Hmac, url: str, body: bytes) -> str:
    whole = f"the body's {len(body)} bytes"
    if auth.signed == SIGNED_BODY:
        return whole
    url = url or "(no URL is known)"
    return auth.signed.format_map(
        {"body": f"[{whole}]", "timestamp": f"[{auth.timestamp_header}]", "id": f"[{auth.id_header}]", "url": url}
    )

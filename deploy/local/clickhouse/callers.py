"""Who asks: one user and its password, shown as ClickHouse's clients show them. Pure."""

import base64
import binascii
import hmac
from collections.abc import Mapping

from deploy.local.clickhouse.errors import EngineError, refusal
from deploy.local.engine_access import USER


def refused(headers: Mapping[str, str], password: str) -> EngineError | None:
    """Return why a request with these headers is refused, None where it shows the password.

    As in ClickHouse: `X-ClickHouse-User` and `X-ClickHouse-Key`, or `Authorization: Basic`. Not as parameters of the URL,
    which end in logs and histories.
    """
    if "x-clickhouse-key" in headers:
        user, given = headers.get("x-clickhouse-user", USER), headers["x-clickhouse-key"]
    else:
        user, given = _basic(headers.get("authorization", ""))
    if hmac.compare_digest(given.encode(), password.encode()) and user == USER:
        return None
    return refusal(
        516,
        "AUTHENTICATION_FAILED",
        f"{user or USER}: Authentication failed: the user is `{USER}`, and its password is in the file "
        "`clickhouse/password` of the stack's data directory",
    )


def _basic(header: str) -> tuple[str, str]:
    """Return user and password of an Authorization header; two empty texts where it holds none."""
    scheme, _, encoded = header.partition(" ")
    try:
        user, _, given = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    return (user, given) if scheme.lower() == "basic" else ("", "")

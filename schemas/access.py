"""Who may ask what: the one table of roles, and the tokens by which a caller shows which role it has. Pure.

A token is `rcb_ID_SECRET`: SECRET is 256 random bits, shown once. What is kept is SHA-256 of it: a slow hash protects
secrets that can be guessed, and nobody guesses 256 bits, so that a request pays microseconds to be known.
"""

import hashlib
import hmac
import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import msgspec

PREFIX: Final = "rcb"
SECRET_BITS: Final = 256
EVERY_ACCOUNT: Final = "*"
"""In a token's accounts: all of them, those to come too."""
_TOKEN: Final = re.compile(rf"{PREFIX}_(?P<id>[0-9a-f]{{12}})_(?P<secret>[A-Za-z0-9_-]{{43}})")
_KEY: Final = "token/"


class Scope(StrEnum):
    """What may be asked or done."""

    READ = "read"
    """Messages, connections and counts; numbers masked."""
    NUMBERS = "numbers"
    """Numbers in full, and search by them. Each look is noted."""
    PAYLOADS = "payloads"
    """The bytes that providers posted. Each look is noted."""
    RECONCILE = "reconcile"
    """Bring sends in, compare them with what came back."""
    WRITE = "write"
    """What changes what others see or get."""
    PRIVACY = "privacy"
    """Everything held about a person, and forgetting them. Each time is noted."""
    ADMIN = "admin"
    """People and their tokens."""


class ClickHouseRole(StrEnum):
    """The role of the engine that a query runs under, the least one that it needs (`projections/clickhouse/roles.py`)."""

    ANALYST = "analyst"
    """The views, numbers masked."""
    ANALYST_NUMBERS = "analyst_numbers"
    """Those, and the same with numbers in full."""
    OPERATOR = "operator"
    """Those, and the bytes that came."""


@dataclass(frozen=True, slots=True)
class Role:
    """What somebody is, to Recibo."""

    scopes: frozenset[Scope]
    clickhouse: ClickHouseRole
    """The most that a query of it runs under."""
    meaning: str


ROLES: Final = {
    "viewer": Role(frozenset({Scope.READ}), ClickHouseRole.ANALYST, "sees what became of messages, numbers masked"),
    "support": Role(
        frozenset({Scope.READ, Scope.NUMBERS}),
        ClickHouseRole.ANALYST_NUMBERS,
        "looks messages up, by number too",
    ),
    "analyst": Role(
        frozenset({Scope.READ, Scope.RECONCILE}), ClickHouseRole.ANALYST, "counts and reconciles, numbers masked"
    ),
    "operator": Role(
        frozenset({Scope.READ, Scope.NUMBERS, Scope.PAYLOADS, Scope.RECONCILE, Scope.WRITE}),
        ClickHouseRole.OPERATOR,
        "runs the deployment: payloads and changes too",
    ),
    "admin": Role(frozenset(Scope), ClickHouseRole.OPERATOR, "everything: forgetting people, and who may ask, too"),
}
"""Role → what it may."""

NEEDS: Final = {
    Scope.READ: ClickHouseRole.ANALYST,
    Scope.NUMBERS: ClickHouseRole.ANALYST_NUMBERS,
    Scope.PAYLOADS: ClickHouseRole.OPERATOR,
}
"""What a query shows → the role that it runs under."""


class Token(msgspec.Struct, frozen=True, kw_only=True):
    """A token as it is kept: not the secret, its hash."""

    id: str
    name: str
    """Whose, or what for."""
    role: str
    accounts: tuple[str, ...]
    """Whose messages it sees; EVERY_ACCOUNT: all."""
    secret_sha256: str
    created_at_ms: int
    expires_at_ms: int
    revoked_at_ms: int | None = None

    @property
    def sees_all(self) -> bool:
        """Whether it sees every account's messages."""
        return EVERY_ACCOUNT in self.accounts

    def may(self, scope: Scope) -> bool:
        """Return whether its role has a scope. A role that this version does not know has none."""
        role = ROLES.get(self.role)
        return role is not None and scope in role.scopes

    def state(self, now_ms: int) -> str:
        """Return "active", "expired" or "revoked"."""
        if self.revoked_at_ms is not None:
            return "revoked"
        return "expired" if now_ms >= self.expires_at_ms else "active"


class Look(msgspec.Struct, frozen=True, kw_only=True):
    """A look at numbers or payloads, noted before it is answered."""

    at_ms: int
    request_id: str
    token_id: str
    name: str
    role: str
    accounts: tuple[str, ...]
    """To whose messages the look was limited."""
    scope: Scope
    """numbers, payloads or privacy."""
    what: str
    """The question: messages, payloads, …"""
    asked: dict[str, str]
    """Its parameters. What was searched for is in it: who is forgotten is forgotten here by retention."""
    rows: int
    """How many rows the answer has; -1: an export, which is noted before its first byte."""


def text_of(token_id: str, secret: str) -> str:
    """Return the token that is shown once."""
    return f"{PREFIX}_{token_id}_{secret}"


def hash_of(secret: str) -> str:
    """Return what is kept of a secret."""
    return hashlib.sha256(secret.encode()).hexdigest()


def known(tokens: dict[str, Token], text: str, now_ms: int) -> Token | None:
    """Return the token that a caller shows, where it is one of `tokens`, its secret is right and it is active."""
    match = _TOKEN.fullmatch(text)
    token = tokens.get(match["id"]) if match else None
    if match is None or token is None or not hmac.compare_digest(hash_of(match["secret"]), token.secret_sha256):
        return None
    return token if token.state(now_ms) == "active" and token.role in ROLES else None


def key_of(token_id: str) -> bytes:
    """Return the key of a token in the topic `access`."""
    return f"{_KEY}{token_id}".encode()


def told(tokens: dict[str, Token], key: bytes | None, value: bytes | None) -> dict[str, Token]:
    """Return the tokens after one more record of the topic; what this version cannot read leaves nobody more than he had."""
    name = (key or b"").decode(errors="replace")
    if not name.startswith(_KEY):
        return tokens
    token_id = name.removeprefix(_KEY)
    others = {other: token for other, token in tokens.items() if other != token_id}
    try:
        token = msgspec.json.decode(value or b"", type=Token)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return others
    return {**others, token_id: token} if token.id == token_id else others

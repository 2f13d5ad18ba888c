"""Forgetting a person: what is asked of the processors, and what is kept so that nobody comes back. Pure.

Three things are named, each by a keyed hash (HMAC-SHA-256 with a key from the secrets file), for numbers can be guessed and
a plain hash of one tells it: an identity (kind and canonical value), a message (the key of its records, `account/message
id`), and an identity that is held back from being forgotten. They are the keys of the compacted topic `erasures`.
"""

import hashlib
import hmac
from dataclasses import dataclass
from typing import Final, Literal

import msgspec

from schemas.identity import Identity

KEY_VARIABLE: Final = "RECIBO_SECRET_ERASURES"
"""Name of the key in the secrets file."""
KEY_BYTES: Final = 32
_ID_HEX: Final = 8
KNOWN_AS_HEX: Final = 32
KNOWN_AS_PREFIX: Final = "erased-"

KNOWN_AS_PATTERN: Final = f"^{KNOWN_AS_PREFIX}[0-9a-f]{{{KNOWN_AS_HEX}}}$"
KNOWN_AS_SQL: Final = (
    f"concat('{KNOWN_AS_PREFIX}', substring(lower(hex(SHA256(concat({{salt}}, {{text}})))), 1, {KNOWN_AS_HEX}))"
)
"""`known_as`, as the engine says it."""

Subject = Literal["identity", "message", "hold"]


class Erased(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """In a message's state, outside the published schema: that it was forgotten."""

    offset: int
    """Of the raw record that asked for it."""
    known_as: str
    """What the message is called in the tables instead of by its id."""


class ErasureRequest(msgspec.Struct, frozen=True):
    """Value of a raw record of kind `erase`, whose key is the message's: all that was known of it before `since_ms` goes."""

    known_as: str
    since_ms: int


class Erasure(msgspec.Struct, frozen=True, omit_defaults=True):
    """Value of a record of `erasures` about an identity or a message."""

    since_ms: int
    """What was known before this time (UTC) is forgotten."""
    key_id: str
    """Which key its hash was made with."""
    known_as: str = ""
    """Of a message: what it is called in the tables."""


class ErasureHold(msgspec.Struct, frozen=True):
    """Value of a record of `erasures` that forbids an identity's erasure, as in a dispute."""

    since_ms: int
    key_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class ErasureKey:
    """The key that identities and messages are hashed with."""

    secret: bytes

    @property
    def id(self) -> str:
        """What says which key it is, and nothing of it."""
        return self._hash("key", "")[:_ID_HEX]

    @property
    def messages_salt(self) -> str:
        """What messages are hashed with, by the engine too: it is not the key, and tells nothing about numbers."""
        return self._hash("messages", "")

    def identity(self, identity: Identity) -> str:
        """Return the hash of an identity in its canonical form (a phone: `line_of`, with +)."""
        return self._hash("identity", f"{identity.kind}\x1f{identity.value}")

    def known_as(self, record_key: bytes) -> str:
        """Return what a message is called once it is forgotten, by the key of its records."""
        return known_as(self.messages_salt, record_key)

    def _hash(self, what: str, text: str) -> str:
        return hmac.new(self.secret, f"{what}\x1f{text}".encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()


def known_as(salt: str, record_key: bytes) -> str:
    """Return what a message is called once it is forgotten; KNOWN_AS_SQL says the same."""
    return KNOWN_AS_PREFIX + hashlib.sha256(salt.encode() + record_key).hexdigest()[:KNOWN_AS_HEX]


def topic_key(subject: Subject, digest: str) -> bytes:
    """Return the key of a record of `erasures`."""
    return f"{subject}/{digest}".encode()


def read_topic_key(key: bytes) -> tuple[str, str]:
    """Return (subject, digest) that a key of `erasures` names."""
    subject, _, digest = key.decode(errors="replace").partition("/")
    return subject, digest


encode = msgspec.json.Encoder().encode
"""Returns a value of `erasures`, or of a raw record of kind `erase`."""
decode_request = msgspec.json.Decoder(ErasureRequest).decode
"""Reads a raw record of kind `erase`. Raises msgspec.DecodeError."""
decode_erasure = msgspec.json.Decoder(Erasure).decode
decode_hold = msgspec.json.Decoder(ErasureHold).decode

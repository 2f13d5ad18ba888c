"""Tokens of the API: made, listed and revoked. The topic `access` has them, so that every serving process agrees in a second."""

import secrets
import time
from dataclasses import dataclass
from typing import Final

import msgspec
from aiokafka.errors import KafkaError

from runtime.kafka.access_log import AccessLog
from runtime.kafka.settings import KafkaSettings
from schemas.access import SECRET_BITS, Token, hash_of, text_of
from schemas.errors import ConfigurationError, DeploymentError

_CLIENT: Final = "recibo-tokens"
_ID_BYTES: Final = 6


@dataclass(frozen=True, slots=True)
class Created:
    """A token just made; `text` is shown once and kept nowhere."""

    token: Token
    text: str


def new_token(name: str, role: str, accounts: tuple[str, ...], lasts_ms: int, now_ms: int) -> Created:
    """Return a token that begins at `now_ms` and lasts `lasts_ms`."""
    secret = secrets.token_urlsafe(SECRET_BITS // 8)
    token = Token(
        id=secrets.token_hex(_ID_BYTES),
        name=name,
        role=role,
        accounts=accounts,
        secret_sha256=hash_of(secret),
        created_at_ms=now_ms,
        expires_at_ms=now_ms + lasts_ms,
    )
    return Created(token, text_of(token.id, secret))


async def create(kafka: KafkaSettings, name: str, role: str, accounts: tuple[str, ...], lasts_ms: int) -> Created:
    """Make a token and return when every broker that has to have it has it.

    Raises:
        ConfigurationError: an active token has that name.
        DeploymentError: Kafka does not answer.
    """
    now_ms = int(time.time() * 1000)
    try:
        async with AccessLog(kafka, _CLIENT) as access:
            if any(t.name == name and t.state(now_ms) == "active" for t in access.tokens.values()):
                raise ConfigurationError(f"an active token is named {name}: choose another name, or revoke it first")
            created = new_token(name, role, accounts, lasts_ms, now_ms)
            await access.write(created.token)
    except KafkaError as error:
        raise _away(kafka, error) from error
    return created


async def tokens(kafka: KafkaSettings) -> list[Token]:
    """Return every token, the oldest first. Raises DeploymentError: Kafka does not answer."""
    try:
        async with AccessLog(kafka, _CLIENT) as access:
            return sorted(access.tokens.values(), key=lambda token: token.created_at_ms)
    except KafkaError as error:
        raise _away(kafka, error) from error


async def revoke(kafka: KafkaSettings, name: str) -> list[Token]:
    """End the active tokens of a name or id; return them. Serving processes hear of it within a second.

    Raises:
        ConfigurationError: there is none.
        DeploymentError: Kafka does not answer.
    """
    now_ms = int(time.time() * 1000)
    try:
        async with AccessLog(kafka, _CLIENT) as access:
            ended = [t for t in access.tokens.values() if name in {t.name, t.id} and t.state(now_ms) == "active"]
            if not ended:
                raise ConfigurationError(f"no active token is named {name}: `recibo token list` shows them")
            for token in ended:
                await access.write(msgspec.structs.replace(token, revoked_at_ms=now_ms))
    except KafkaError as error:
        raise _away(kafka, error) from error
    return ended


def _away(kafka: KafkaSettings, error: KafkaError) -> DeploymentError:
    return DeploymentError(f"Kafka at {kafka.bootstrap_servers} does not answer: {error!r}")

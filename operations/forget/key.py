"""The key that people are hashed with: made once, in the secrets file. Without it nobody who was forgotten is known again."""

import secrets
from collections.abc import Mapping
from pathlib import Path

from operations.forget.log import Erasures, read_erasures
from operations.topics import has_topic
from runtime.kafka.settings import KafkaSettings
from runtime.secrets_file import add_secrets, read_secrets
from schemas.erasure import KEY_BYTES, KEY_VARIABLE, ErasureKey
from schemas.errors import ConfigurationError


def key_of(secrets_file: Path, environ: Mapping[str, str]) -> ErasureKey | None:
    """Return the key, None where there is none. The environment wins. Raises ConfigurationError: it is no key."""
    text = environ.get(KEY_VARIABLE) or read_secrets(secrets_file).get(KEY_VARIABLE, "")
    return _read(text, secrets_file) if text else None


def made_key(secrets_file: Path, environ: Mapping[str, str], known: Erasures) -> ErasureKey:
    """Return the key, made now where nobody was ever forgotten. Raises as `require_key`."""
    require_key(secrets_file, environ, known)
    key = key_of(secrets_file, environ)
    if key is None:
        secret = secrets.token_bytes(KEY_BYTES)
        add_secrets(secrets_file, {KEY_VARIABLE: secret.hex()})
        key = ErasureKey(secret)
    return key


def given_key(environ: Mapping[str, str], known: Erasures) -> ErasureKey:
    """Return the key of a process that has no disk: the environment gives it. Raises ConfigurationError: it does not."""
    text = environ.get(KEY_VARIABLE, "")
    if not text:
        raise ConfigurationError(
            f"this process is not given {KEY_VARIABLE}, so that nobody can be forgotten by it: set it to that line of the "
            "secrets file (`recibo forget --dry-run` makes it) and start it again (under `recibo up`: end that and start "
            "it again, it reads the file when it starts), or use `recibo forget`"
        )
    key = _read(text, "the secrets file")
    if others := known.key_ids - {key.id}:
        raise ConfigurationError(
            f"people were forgotten with key {', '.join(sorted(others))}, and this process is given key {key.id}: set {KEY_VARIABLE} "
            "to that line of the secrets file"
        )
    return key


def _read(text: str, where: object) -> ErasureKey:
    try:
        secret = bytes.fromhex(text)
    except ValueError:
        secret = b""
    if len(secret) < KEY_BYTES:
        raise ConfigurationError(
            f"{KEY_VARIABLE} is not {2 * KEY_BYTES} hexadecimal digits: restore it from a copy of {where}"
        )
    return ErasureKey(secret)


def require_key(secrets_file: Path, environ: Mapping[str, str], known: Erasures) -> None:
    """Raise ConfigurationError where people were forgotten, and the key that they were hashed with is not there."""
    key = key_of(secrets_file, environ)
    if missing := known.key_ids - ({key.id} if key else set()):
        raise ConfigurationError(
            f"people were forgotten with key {', '.join(sorted(missing))}, and {KEY_VARIABLE} is "
            f"{f'key {key.id}' if key else 'missing'}: they could come back unnoticed. Restore that line of {secrets_file} "
            "from a copy"
        )


async def require_key_of(kafka: KafkaSettings, secrets_file: Path, environ: Mapping[str, str]) -> Erasures:
    """Return whom to forget, as the cluster says; for a start, and for whatever makes tables anew.

    Raises:
        ConfigurationError: as `require_key`.
        DeploymentError: no broker answers.
    """
    if not await has_topic(kafka, kafka.topics().erasures):
        return Erasures()
    known = await read_erasures(kafka)
    require_key(secrets_file, environ, known)
    return known

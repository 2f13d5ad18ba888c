"""OAUTHBEARER tokens: from a file, from a command, or signed for Amazon MSK.

A token that cannot be had now may be had later, so its absence is a connection that failed: clients try again.
"""

import asyncio
import importlib
import shlex
from pathlib import Path
from typing import Any, Final

from aiokafka.abc import AbstractTokenProvider
from aiokafka.errors import KafkaConnectionError

from runtime.kafka.settings import KafkaSettings
from runtime.secret_file import read_secret
from schemas.errors import ConfigurationError

_COMMAND_S_MAX: Final = 20.0
_SIGNER: Final = "aws_msk_iam_sasl_signer"


class FileTokens(AbstractTokenProvider):  # type: ignore[misc]  # aiokafka has no types
    """The token that a file holds at the time of a connection."""

    def __init__(self, path: Path) -> None:
        self._path = path

    async def token(self) -> str:
        """Return the token. Raises KafkaConnectionError: the file cannot be read, or is empty."""
        try:
            return read_secret(self._path, "KAFKA_SASL_TOKEN_FILE")
        except ConfigurationError as error:
            raise KafkaConnectionError(str(error)) from error


class CommandTokens(AbstractTokenProvider):  # type: ignore[misc]  # as above
    """The token that a command prints."""

    def __init__(self, command: str) -> None:
        self._arguments = shlex.split(command)

    async def token(self) -> str:
        """Return the token. Raises KafkaConnectionError: the command fails, prints nothing, or takes over 20 seconds."""
        name = f"KAFKA_SASL_TOKEN_COMMAND ({self._arguments[0]})"
        try:
            running = await asyncio.create_subprocess_exec(*self._arguments, stdout=asyncio.subprocess.PIPE)
        except OSError as error:
            raise KafkaConnectionError(f"{name} cannot be run: {error}") from error
        try:
            async with asyncio.timeout(_COMMAND_S_MAX):
                printed, _ = await running.communicate()
        except TimeoutError as error:
            running.kill()
            await running.wait()
            raise KafkaConnectionError(f"{name} printed no token in {_COMMAND_S_MAX:.0f} s") from error
        token = printed.decode().strip()
        if running.returncode or not token:
            raise KafkaConnectionError(f"{name} ended with code {running.returncode} and {len(token)} characters")
        return token


class MskTokens(AbstractTokenProvider):  # type: ignore[misc]  # as above
    """Tokens signed with the AWS identity of this machine, as MSK's IAM access control wants them."""

    def __init__(self, region: str) -> None:
        self._region = region
        try:
            self._signer: Any = importlib.import_module(_SIGNER).MSKAuthTokenProvider
        except ImportError as error:
            raise ConfigurationError(
                "KAFKA_SASL_MSK_REGION needs the package aws-msk-iam-sasl-signer-python: "
                "install the extra `msk` (pip install 'recibo[msk]')"
            ) from error

    async def token(self) -> str:
        """Return a token; signing may ask the machine's metadata service for credentials, so in a thread.

        Raises KafkaConnectionError: the machine has no AWS identity, or AWS refuses it.
        """
        try:
            token, _expires_at_ms = await asyncio.to_thread(self._signer.generate_auth_token, self._region)
        except Exception as error:
            raise KafkaConnectionError(f"KAFKA_SASL_MSK_REGION={self._region}: no token ({error})") from error
        return str(token)


def token_provider(kafka: KafkaSettings) -> AbstractTokenProvider:
    """Return where the settings say that tokens come from. Raises ConfigurationError: a package is missing."""
    if kafka.token_file is not None:
        return FileTokens(kafka.token_file)
    return CommandTokens(kafka.token_command) if kafka.token_command else MskTokens(kafka.msk_region)

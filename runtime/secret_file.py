"""A file that holds one secret, as an orchestrator mounts it."""

from pathlib import Path

from schemas.errors import ConfigurationError


def read_secret(path: Path, variable: str) -> str:
    """Return what a file of one secret holds, without the line's end.

    Raises:
        ConfigurationError: it cannot be read, or is empty; the message names the variable and never the secret.
    """
    try:
        secret = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{variable}={path} cannot be read: {error}") from error
    if not secret:
        raise ConfigurationError(f"{variable}={path} is empty")
    return secret

"""The secrets of a deployment: a file of lines NAME=value, readable by its owner alone, replaced whole."""

import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import structlog

from runtime.text_file import read_text
from runtime.whole_file import replace_file
from schemas.errors import ConfigurationError

_VARIABLE: Final = "RECIBO_SECRETS_FILE"
_OWNER_ALONE: Final = 0o600

log = structlog.get_logger()


def read_secrets(path: Path, *, may_be_missing: bool = True) -> dict[str, str]:
    """Return the secrets of a file: lines NAME=value, blank lines and `#` comments.

    Args:
        path: the file.
        may_be_missing: whether no file counts as no secrets.

    Raises:
        ConfigurationError: it cannot be read, or has another line; the message names file and line, not the line.
    """
    secrets = {}
    for number, line in enumerate(read_text(path, _VARIABLE, may_be_missing=may_be_missing).splitlines(), 1):
        stripped = line.strip()
        if not stripped or stripped.startswith("#"):
            continue
        name, equals, value = stripped.partition("=")
        if not equals or not name.strip().isidentifier():
            raise ConfigurationError(f"{path}:{number}: expected NAME=value")
        secrets[name.strip()] = value.strip()
    return secrets


def exposed_to(path: Path | None) -> str:
    """Return who may read a file of secrets beside its owner: "everybody", "its group", or "" for nobody."""
    try:
        mode = path.stat().st_mode if path is not None else 0
    except OSError:
        return ""
    return "everybody" if mode & stat.S_IROTH else "its group" if mode & stat.S_IRGRP else ""


def warn_of_exposed_secrets(path: Path | None) -> None:
    """Say in the log where everybody on the machine may read the secrets. Its group may, as orchestrators mount it."""
    if exposed_to(path) == "everybody":
        log.warning("everybody on this machine may read the secrets: chmod 600 the file", file=str(path))


def add_secrets(path: Path, added: Mapping[str, str]) -> None:
    """Write further secrets, keeping every other line as it is. Raises ConfigurationError as `read_secrets`."""
    read_secrets(path)
    kept = [line for line in _lines(path) if _name(line) not in added]
    lines = [*kept, *(f"{name}={value}" for name, value in added.items())]
    replace_file(path, "".join(line + "\n" for line in lines), mode=_OWNER_ALONE)


def remove_secrets(path: Path, names: set[str]) -> None:
    """Remove secrets; names that are not there are no error."""
    lines = _lines(path)
    kept = [line for line in lines if _name(line) not in names]
    if kept != lines:
        replace_file(path, "".join(line + "\n" for line in kept), mode=_OWNER_ALONE)


def _lines(path: Path) -> list[str]:
    return read_text(path, _VARIABLE, may_be_missing=True).splitlines()


def _name(line: str) -> str:
    return line.partition("=")[0].strip()

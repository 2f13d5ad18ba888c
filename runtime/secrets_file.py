"""The secrets of a deployment: a file of lines NAME=value, readable by its owner alone, replaced whole."""

import os
from collections.abc import Mapping
from pathlib import Path

from runtime.whole_file import replace_file


def read_secrets(secrets_file: Path) -> dict[str, str]:
    """Return the secrets of a file of lines NAME=value; none where there is no file."""
    if not secrets_file.exists():
        return {}
    lines = secrets_file.read_text(encoding="utf-8").splitlines()
    pairs = (line.partition("=") for line in lines if line.strip() and not line.startswith("#"))
    return {name.strip(): value.strip() for name, _, value in pairs}


def add_secrets(path: Path, added: Mapping[str, str]) -> None:
    """Write further secrets, keeping every other line as it is."""
    kept = [line for line in _lines(path) if _name(line) not in added]
    replace_file(path, "\n".join([*kept, *(f"{name}={value}" for name, value in added.items())]) + "\n", mode=0o600)


def remove_secrets(path: Path, names: set[str]) -> None:
    """Remove secrets; names that are not there are no error."""
    lines = _lines(path)
    kept = [line for line in lines if _name(line) not in names]
    if kept != lines:
        replace_file(path, "".join(line + "\n" for line in kept), mode=0o600)


def environ_with(path: Path) -> dict[str, str]:
    """Return the environment with the file's secrets under it: a variable that is set wins, as in ingest."""
    return {**read_secrets(path), **os.environ}


def _lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines() if path.exists() else []


def _name(line: str) -> str:
    return line.partition("=")[0].strip()

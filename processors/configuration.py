"""The sources' mappings while a worker runs: read at start, again when `recibo.toml` changes. A bad file changes nothing."""

import os
from pathlib import Path
from typing import Final

import structlog
from watchfiles import awatch

from processors.parsers import Parsers
from schemas.errors import ConfigurationError
from schemas.sources import Sources, parse_sources

_DEBOUNCE_MS: Final = 200

log = structlog.get_logger()


def read_sources(path: Path) -> Sources:
    """Read `recibo.toml`; where there is none, every record is read by its provider's default.

    Raises:
        ConfigurationError: the file cannot be used; the message names file, line and key.
    """
    return parse_sources(path.read_text() if path.exists() else "", os.environ, str(path))


async def follow(path: Path, parsers: Parsers) -> None:
    """Replace the parsers' sources whenever the file's text changes; ends by cancellation.

    The directory is watched, not the file: editors replace a file by renaming.
    """
    folder = _folder_of(path)
    known = _bytes_of(path)
    async for _ in awatch(folder, recursive=False, debounce=_DEBOUNCE_MS, ignore_permission_denied=True):
        now = _bytes_of(path)
        if now == known or not now:
            continue
        known = now
        try:
            parsers.replace(read_sources(path))
        except ConfigurationError as error:
            log.error("the new configuration is refused, the old one stays", why=str(error))  # noqa: TRY400 - the message says it all
        else:
            log.info("the configuration is reloaded")


def _bytes_of(path: Path) -> bytes:
    return path.read_bytes() if path.exists() else b""


def _folder_of(path: Path) -> Path:
    return path.resolve().parent

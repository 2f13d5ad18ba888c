"""The sources while ingest runs: read at start, again on SIGHUP and when a file changes. A bad file changes nothing."""

import asyncio
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

import structlog
from watchfiles import awatch

from ingest.endpoint import Endpoints, endpoints_of
from ingest.metrics import IngestMetrics
from ingest.settings import Settings
from schemas.errors import ConfigurationError
from schemas.sources import parse_sources, require_secrets

_DEBOUNCE_MS: Final = 200
_WATCH_AGAIN_S: Final = 30.0

log = structlog.get_logger()


class Configuration:
    """Reads `recibo.toml` and the secrets it names."""

    def __init__(self, settings: Settings, metrics: IngestMetrics) -> None:
        self._settings = settings
        self._metrics = metrics
        self._files = [path for path in (settings.config_file, settings.secrets_file) if path is not None]
        self._read: list[bytes] = []

    def load(self, before: Endpoints | None = None) -> Endpoints:
        """Return what the files say now.

        Args:
            before: what is served; sources keep their rate.

        Raises:
            ConfigurationError: they cannot be used; the message names file, line and key.
        """
        self._read = [_bytes_of(path) for path in self._files]
        texts = [_text_of(data, path) for data, path in zip(self._read, self._files, strict=True)]
        environ = _secrets(texts[1], self._files[1]) | os.environ if len(texts) > 1 else os.environ
        sources = parse_sources(texts[0], environ, str(self._files[0]))
        require_secrets(sources)
        return endpoints_of(
            sources,
            body_bytes_max=self._settings.body_bytes_max,
            workers=self._settings.workers,
            before=before or {},
        )

    def reload(self, before: Endpoints) -> Endpoints:
        """Return what the files say now, or `before` where they cannot be used: then the log says why."""
        try:
            after = self.load(before)
        except ConfigurationError as error:
            self._metrics.reloads.labels("refused").inc()
            log.error("the new configuration is refused, the old one stays", why=str(error))  # noqa: TRY400 - the message says it all
            return before
        self._metrics.reloads.labels("taken").inc()
        log.info("the configuration is reloaded", sources=len(after))
        return after

    async def watch(self, on_change: Callable[[], None]) -> None:
        """Call `on_change` whenever a file's bytes change; ends by cancellation.

        The directories are watched, not the files: editors and mounted secrets replace a file by renaming. Where they
        cannot be watched that is tried again: webhooks are taken all the same.
        """
        while True:
            try:
                await self._watch(on_change)
            except OSError as error:
                file = str(self._files[0])
                log.warning("changes of the configuration are not seen now: send SIGHUP", file=file, why=str(error))
            await asyncio.sleep(_WATCH_AGAIN_S)

    async def _watch(self, on_change: Callable[[], None]) -> None:
        folders = {path.resolve().parent for path in self._files}
        async for _ in awatch(*folders, recursive=False, debounce=_DEBOUNCE_MS, ignore_permission_denied=True):
            try:
                has_changed = [_bytes_of(path) for path in self._files] != self._read
            except ConfigurationError:
                continue  # between an editor's delete and its rename
            if has_changed:
                on_change()


def _bytes_of(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ConfigurationError(f"{path}: {error.strerror}; create it, or set RECIBO_CONFIG to where it is") from error


def _text_of(data: bytes, path: Path) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ConfigurationError(f"{path}:{line}: not UTF-8: save it as UTF-8") from error


def _secrets(text: str, path: Path) -> Mapping[str, str]:
    """Return the variables of a secrets file: lines `NAME=value`, blank lines and `#` comments."""
    secrets = {}
    for number, line in enumerate(text.splitlines(), 1):
        stripped = line.strip()
        if not stripped or stripped.startswith("#"):
            continue
        name, equals, value = stripped.partition("=")
        if not equals or not name.strip().isidentifier():
            raise ConfigurationError(f"{path}:{number}: expected NAME=value")
        secrets[name.strip()] = value.strip()
    return secrets

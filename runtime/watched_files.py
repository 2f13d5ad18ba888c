"""Files that a process reads again while it runs. A file that cannot be used changes nothing.

The folders are watched, not the files: editors and mounted secrets replace a file by renaming it, or a link to it.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Final

import structlog
from watchfiles import awatch

from runtime.text_file import read_bytes
from schemas.errors import ConfigurationError

DEBOUNCE_MS: Final = 200
LOOK_MS: Final = 5_000
"""The files are looked at so often without a report too: of a change between reading and watching, or where a file
system reports none."""

log = structlog.get_logger()

SETTLE_MS: Final = 300
"""A file that is the same twice, this far apart, is not being written any more."""

State = tuple[bytes | str, ...]
"""Of each file its bytes, or why it cannot be read."""


class WatchedFiles:
    """Some files, as they were when they were last looked at: looked at before they are read, no change is missed."""

    def __init__(self, *paths: Path) -> None:
        self._paths = paths
        self._seen = self._state()

    def look(self) -> None:
        """Count the files as seen as they are now: they are about to be read."""
        self._seen = self._state()

    async def changes(self) -> AsyncIterator[None]:
        """Yield whenever a file's bytes have changed; ends by cancellation.

        A file that is not there, or has lost all of its bytes, is about to be written: that is waited for. So is one that
        changes still: it is read twice, some time apart, and must be the same.
        """
        is_reported = True
        while True:
            folders = self._folders()
            try:
                async for _ in awatch(
                    *folders,
                    recursive=False,
                    debounce=DEBOUNCE_MS,
                    rust_timeout=LOOK_MS,
                    yield_on_timeout=True,
                    ignore_permission_denied=True,
                ):
                    if await self._have_changed():
                        yield
                    if self._folders() != folders:
                        break  # a link leads elsewhere now
            except OSError as error:
                if is_reported:
                    log.warning(
                        "the system reports no file changes here; polling instead",
                        file=str(self._paths[0]),
                        why=str(error),
                    )
                is_reported = False
                await asyncio.sleep(LOOK_MS / 1000)
                if await self._have_changed():
                    yield

    async def _have_changed(self) -> bool:
        now = self._state()
        is_being_written = any(new in ("", b"") and old != new for old, new in zip(self._seen, now, strict=True))
        if is_being_written or now == self._seen:
            return False
        await asyncio.sleep(SETTLE_MS / 1000)
        if self._state() != now:
            return False  # it is being written: its last change is reported too, and looked at then
        self._seen = now
        return True

    def _state(self) -> State:
        return tuple(_state_of(path) for path in self._paths)

    def _folders(self) -> set[Path]:
        return {folder for path in self._paths for folder in (path.absolute().parent, path.resolve().parent)}


def take_or_keep(take: Callable[[], object], count: Callable[[str], object]) -> str:
    """Take a changed configuration; one that is refused leaves the old one, and the log says why. Return why, else "".

    Args:
        take: reads and takes it; raises ConfigurationError where it cannot be used.
        count: gets "taken" or "refused".
    """
    try:
        take()
    except ConfigurationError as error:
        count("refused")
        log.error("the new configuration is refused, the old one stays in use", why=str(error))  # noqa: TRY400 - the message says it all
        return str(error)
    count("taken")
    log.info("the configuration is reloaded")
    return ""


def _state_of(path: Path) -> bytes | str:
    try:
        return read_bytes(path)
    except FileNotFoundError:
        return ""
    except OSError as error:
        return str(error)

"""The sources' mappings while a worker runs: read at start, again when `recibo.toml` changes. A bad file changes nothing."""

from collections.abc import Callable
from pathlib import Path

from processors.parsers import Parsers
from runtime.sources_file import SourcesFile
from runtime.watched_files import WatchedFiles, take_or_keep


class Configuration:
    """Reads `recibo.toml`; where there is none, every record is read by its provider's default."""

    def __init__(self, config_file: Path, count: Callable[[str], object]) -> None:
        """Name the file; nothing is parsed yet.

        Args:
            config_file: `recibo.toml`.
            count: gets "taken" or "refused" for each reload.
        """
        self._file = SourcesFile(config_file, may_be_missing=True)
        self._watched = WatchedFiles(config_file)
        self._count = count
        self._names: tuple[str, ...] = ()
        self.parsers: Parsers

    def load(self) -> Parsers:
        """Return the parsers of all sources. Raises ConfigurationError naming file, line and key."""
        sources = self._file.read()
        self._names = tuple(sources.by_name)
        self.parsers = Parsers(sources)
        return self.parsers

    async def follow(self) -> None:
        """Replace the parsers' sources whenever the file changes; ends by cancellation."""
        async for _ in self._watched.changes():
            take_or_keep(self._take, self._count)

    def _take(self) -> None:
        sources = self._file.read_again(self._names)
        self._names = tuple(sources.by_name)
        self.parsers.replace(sources)

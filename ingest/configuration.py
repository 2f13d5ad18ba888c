"""The sources while ingest runs: read at start, again on SIGHUP and when a file changes. A bad file changes nothing."""

from collections.abc import Callable

from ingest.endpoint import Endpoints, endpoints_of
from ingest.metrics import IngestMetrics
from ingest.settings import Settings
from ingest.webhooks import Webhooks
from runtime.sources_file import SourcesFile
from runtime.watched_files import WatchedFiles, take_or_keep


class Configuration:
    """Reads `recibo.toml` and the secrets it names."""

    def __init__(self, settings: Settings, metrics: IngestMetrics) -> None:
        self._settings = settings
        self._metrics = metrics
        self._file = SourcesFile(settings.config_file, settings.secrets_file)
        self._watched = WatchedFiles(*self._file.paths)
        self.trouble = ""
        """Why the files as they are now are not served; "" where they are."""

    def load(self, before: Endpoints | None = None) -> Endpoints:
        """Return what the files say now.

        Args:
            before: what is served; sources keep their rate.

        Raises:
            ConfigurationError: they cannot be used; the message names file, line and key.
        """
        self._watched.look()
        sources = self._file.read_again(before or (), needs_secrets=True)
        return endpoints_of(
            sources,
            body_bytes_max=self._settings.body_bytes_max,
            workers=self._settings.workers,
            before=before or {},
        )

    def reload(self, webhooks: Webhooks) -> None:
        """Serve what the files say now; where they cannot be used nothing changes, and the log says why."""

        def take() -> None:
            webhooks.endpoints = self.load(webhooks.endpoints)

        self.trouble = take_or_keep(take, lambda result: self._metrics.reloads.labels(result).inc())

    async def watch(self, on_change: Callable[[], None]) -> None:
        """Call `on_change` whenever a file's bytes change; ends by cancellation."""
        async for _ in self._watched.changes():
            on_change()

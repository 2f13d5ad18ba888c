"""The one reader of `recibo.toml` and of the secrets beside it: whatever is wrong with them is a ConfigurationError."""

import os
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from runtime.secrets_file import read_secrets
from runtime.text_file import read_text
from schemas.errors import ConfigurationError
from schemas.sources import Sources, doubtful_loss, parse_sources, require_secrets

_VARIABLE: Final = "RECIBO_CONFIG"


@dataclass(frozen=True, slots=True)
class SourcesFile:
    """Where the registered sources are written down."""

    config_file: Path
    secrets_file: Path | None = None
    """None: the secrets are in the environment alone."""
    may_be_missing: bool = False
    """Whether a configuration that is not there counts as one without sources."""

    @property
    def paths(self) -> tuple[Path, ...]:
        """What to watch: the files there are to read."""
        return (self.config_file, *((self.secrets_file,) if self.secrets_file else ()))

    def text(self) -> str:
        """Return the text of `recibo.toml`. Raises ConfigurationError naming the file."""
        return read_text(self.config_file, _VARIABLE, may_be_missing=self.may_be_missing)

    def environ(self, environ: Mapping[str, str] = os.environ) -> dict[str, str]:
        """Return the environment with the file's secrets under it: a variable that is set wins."""
        return {**(read_secrets(self.secrets_file) if self.secrets_file else {}), **environ}

    def read(self, environ: Mapping[str, str] = os.environ, *, needs_secrets: bool = False) -> Sources:
        """Return the registered sources, with their secrets as far as they are there.

        Args:
            environ: environment variables.
            needs_secrets: whether a source whose secret is nowhere is refused.

        Raises:
            ConfigurationError: a file cannot be used; the message names file, line and key.
        """
        sources = parse_sources(self.text(), self.environ(environ), str(self.config_file))
        if needs_secrets:
            require_secrets(sources)
        return sources

    def read_again(self, before: Collection[str], *, needs_secrets: bool = False) -> Sources:
        """Return what the file says while a process runs that has the sources `before`.

        Raises:
            ConfigurationError: as `read`, and where all or most of those sources would be lost and the file does not say that
                they were removed.
        """
        sources = self.read(needs_secrets=needs_secrets)
        doubt = doubtful_loss(before, sources)
        if doubt:
            raise ConfigurationError(f"{self.config_file}: {doubt}")
        return sources

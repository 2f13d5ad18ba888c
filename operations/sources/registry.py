"""`recibo.toml` and the secrets beside it: read together, changed together, checked before anything is replaced.

A change writes new secrets first, then the configuration, and takes old secrets away last: whenever it is cut off,
every source that is configured has its secrets.
"""

import base64
import secrets
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import tomlkit
from tomlkit.exceptions import TOMLKitError

from runtime.secrets_file import add_secrets, remove_secrets
from runtime.sources_file import SourcesFile
from runtime.whole_file import replace_file
from schemas.errors import ConfigurationError, DeploymentError
from schemas.sources import Source, Sources, parse_sources, require_secrets

Tables = Any
"""`sources` of a tomlkit document: name → table."""
_SECRET_BYTES: Final = 32


def fresh_secret(kind: str = "") -> str:
    """Return a new secret for a kind of authentication.

    64 hexadecimal digits, which any provider's form takes; for Standard Webhooks `whsec_` and base64, as its libraries read it.
    """
    if kind == "standard_webhooks":
        return "whsec_" + base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()
    return secrets.token_hex(_SECRET_BYTES)


@dataclass(frozen=True, slots=True)
class Registry:
    """The files that say which sources there are."""

    config_file: Path
    secrets_file: Path

    def read(self) -> Sources:
        """Return the registered sources with their secrets. Raises ConfigurationError."""
        return self._file.read()

    def source(self, name: str) -> Source:
        """Return a registered source.

        Raises:
            DeploymentError: there is none of that name.
        """
        sources = self.read().by_name
        if name not in sources:
            known = ", ".join(sources) or "none"
            raise DeploymentError(f"no source is called {name!r} in {self.config_file}; there are: {known}")
        return sources[name]

    def mapping_table(self, name: str) -> dict[str, Any]:
        """Return a source's own `mapping` as it is written; empty where it has none."""
        table: dict[str, Any] = tomllib.loads(self._file.text())["sources"][name].get("mapping", {})
        return table

    def change(self, edit: Callable[[Tables], Mapping[str, str]]) -> None:
        """Apply `edit` to the `sources` tables, keeping every comment of the file.

        Args:
            edit: changes the tables, and returns the new secrets: variable → value.

        Raises:
            ConfigurationError: the file is no TOML, or the result would be no usable configuration; nothing is changed.
        """
        before = self._file.text()
        try:
            document = tomlkit.parse(before)
        except TOMLKitError as error:
            raise ConfigurationError(f"{self.config_file}: not TOML: {error}; correct it by hand first") from error
        tables = document.setdefault("sources", tomlkit.table(is_super_table=True))
        former = set(tables)
        secrets = edit(tables)
        _mark_removed(document, former, set(tables))
        after = tomlkit.dumps(document)
        environ = {**self._file.environ(), **secrets}
        require_secrets(parse_sources(after, environ, str(self.config_file)))
        if secrets:
            add_secrets(self.secrets_file, secrets)
        replace_file(self.config_file, after)
        remove_secrets(self.secrets_file, _references(before) - _references(after))

    @property
    def _file(self) -> SourcesFile:
        return SourcesFile(self.config_file, self.secrets_file, may_be_missing=True)


def _mark_removed(document: tomlkit.TOMLDocument, former: set[str], now: set[str]) -> None:
    """Name the sources that were taken out, for running processes to tell it from an accident (`schemas.sources`)."""
    marked = set(document.get("removed", [])) - now | (former - now)
    if marked:
        document["removed"] = sorted(marked)
    elif "removed" in document:
        del document["removed"]


def _references(text: str) -> set[str]:
    """Return the environment variables that a configuration names."""
    sources = parse_sources(text, {}).by_name.values()
    secrets = {secret.env for source in sources for secret in source.secrets}
    return secrets | {source.verify_token.env for source in sources if source.verify_token}

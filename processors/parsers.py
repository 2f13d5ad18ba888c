"""The parser of each record's source: the registered source's own mapping, else its provider's default."""

from typing import Final

from schemas.event import Normalized, Unmapped
from schemas.providers import PROVIDERS
from schemas.providers.provider import Parser, Part
from schemas.record import SourceContext
from schemas.sources import Sources


class _UnknownProvider:
    """Stands for a provider this version does not know: everything is unmapped, nothing is lost."""

    def split(self, body: bytes, content_type: str) -> list[Part]:
        """Return the body as it is."""
        return [Part(None, body)]

    def normalize(self, body: bytes, context: SourceContext, received_at_ms: int) -> Normalized:
        """Return why it is not understood."""
        return Unmapped(f"provider {context.provider!r} is not known to this version")


_UNKNOWN: Final = _UnknownProvider()


class Parsers:
    """Finds the parser of a record's source; the sources may be replaced while the worker runs, between batches."""

    def __init__(self, sources: Sources) -> None:
        """Make the parsers of the registered sources; every provider's default parser is made once."""
        self._defaults: dict[str, Parser] = {name: provider.parser(None) for name, provider in PROVIDERS.items()}
        self._sources = sources.by_name

    def replace(self, sources: Sources) -> None:
        """Use other sources from the next batch on."""
        self._sources = sources.by_name

    def of(self, context: SourceContext) -> Parser:
        """Return the parser for a record that came by `context`."""
        source = self._sources.get(context.source)
        if source is not None and source.provider.name == context.provider:
            return source.parser
        return self._defaults.get(context.provider, _UNKNOWN)

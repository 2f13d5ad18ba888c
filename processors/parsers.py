"""The parser of each record's source: the registered source's own mapping, else its provider's default."""

from typing import Final

from processors.understand import ParserOf
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


def parser_of(sources: Sources) -> ParserOf:
    """Return the function that finds the parser of a record's source. Parsers are made once."""
    defaults: dict[str, Parser] = {name: provider.parser(None) for name, provider in PROVIDERS.items()}

    def find(context: SourceContext) -> Parser:
        source = sources.by_name.get(context.source)
        if source is not None and source.provider.name == context.provider:
            return source.parser
        return defaults.get(context.provider, _UNKNOWN)

    return find

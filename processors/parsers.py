"""The parser of each record: its provider's, by the mapping that its source had when the record came.

A mapping travels with the record (`SourceContext.mapping`), so that a replay after a crash reads it as the first time,
whatever `recibo.toml` says by then. Two exceptions: what came before a repair began is read by the mappings that the repair
took (`schemas/deployment_state.py`), and a record that says nothing of a mapping (of an earlier release) by today's.
"""

from typing import Any, Final

import msgspec

from processors.understand import ParserOf
from schemas.deployment_state import Mappings
from schemas.event import Normalized, Unmapped
from schemas.providers import PROVIDERS
from schemas.providers.provider import Parser, Part
from schemas.record import SourceContext
from schemas.sources import Sources, parser_by

_PARSERS_MAX: Final = 1_000
"""Parsers made of mappings that are kept: a source has one, and another at each change."""


class _Unable:
    """Stands for what this version cannot read by: everything is unmapped, nothing is lost."""

    def __init__(self, why: str) -> None:
        self._why = why

    def split(self, body: bytes, content_type: str) -> list[Part]:
        """Return the body as it is."""
        return [Part(None, body)]

    def normalize(self, body: bytes, context: SourceContext, received_at_ms: int) -> Normalized:
        """Return why it is not understood."""
        return Unmapped(self._why)


class Parsers:
    """Finds the parser of a record; the sources may be replaced while the worker runs, between batches."""

    def __init__(self, sources: Sources) -> None:
        """Make the parsers of the registered sources; every provider's default parser is made once."""
        self._defaults: dict[str, Parser] = {name: provider.parser(None) for name, provider in PROVIDERS.items()}
        self._sources = sources.by_name
        self._by_mapping: dict[tuple[str, str], Parser] = {}
        self._superseded = Mappings({}, {})

    def replace(self, sources: Sources) -> None:
        """Use other sources from the next batch on."""
        self._sources = sources.by_name

    def supersede(self, mappings: Mappings) -> None:
        """Read what came before a repair began by the mappings that the repair took."""
        self._superseded = mappings

    def in_partition(self, partition: int) -> ParserOf:
        """Return what finds the parser of a record of this raw partition."""
        until = self._superseded.until.get(partition, 0)
        by_source = self._superseded.by_source

        def of(context: SourceContext, offset: int) -> Parser:
            if offset < until and context.source in by_source:
                context = msgspec.structs.replace(context, mapping=by_source[context.source])
            return self.of(context)

        return of

    def of(self, context: SourceContext) -> Parser:
        """Return the parser for a record that came by `context`."""
        if context.mapping:
            return self._of_mapping(context.provider, context.mapping)
        source = self._sources.get(context.source)
        if source is not None and source.provider.name == context.provider:
            return source.parser
        return self._default(context.provider)

    def _of_mapping(self, provider: str, mapping: str) -> Parser:
        known = self._by_mapping.get((provider, mapping))
        if known is None:
            if len(self._by_mapping) >= _PARSERS_MAX:
                self._by_mapping.clear()
            known = self._by_mapping[provider, mapping] = self._made(provider, mapping)
        return known

    def _made(self, provider: str, mapping: str) -> Parser:
        if provider not in PROVIDERS:
            return self._default(provider)
        try:
            table: dict[str, Any] = msgspec.json.decode(mapping, type=dict[str, Any])
            return parser_by(PROVIDERS[provider], table)
        except (ValueError, msgspec.DecodeError) as error:
            return _Unable(f"the mapping that it came with cannot be used by this version: {error}")

    def _default(self, provider: str) -> Parser:
        return self._defaults.get(provider) or _Unable(f"provider {provider!r} is not known to this version")

"""A provider whose shape is fixed, with a source's own mapping for the bodies that have left that shape."""

from collections.abc import Sequence

from schemas.event import Normalized, Unmapped
from schemas.providers.mapped import MappedParser
from schemas.providers.mapping import FieldMapping
from schemas.providers.provider import NOBODY, Parser, Part
from schemas.record import SourceContext


class Learned:
    """Asks the provider's own parser first, and the mapping only about what that one does not understand."""

    def __init__(self, own: Parser, mapping: FieldMapping) -> None:
        """Put `mapping` behind `own`."""
        self._own = own
        self._mapped = MappedParser(mapping)

    def split(self, body: bytes, content_type: str) -> Sequence[Part]:
        """Return the events of a body: the mapping splits what the provider's own reading finds no event in."""
        parts = self._own.split(body, content_type)
        if len(parts) > 1 or parts[0].subject is not None:
            return parts
        understood = not isinstance(self._own.normalize(body, NOBODY, 0), Unmapped)
        return parts if understood else self._mapped.split(body, content_type)

    def normalize(self, body: bytes, context: SourceContext, received_at_ms: int) -> Normalized:
        """Return what one part says (see `Parser.normalize`)."""
        said = self._own.normalize(body, context, received_at_ms)
        return self._mapped.normalize(body, context, received_at_ms) if isinstance(said, Unmapped) else said

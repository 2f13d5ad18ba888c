"""What a mapping says that is probably meant otherwise: each with an example, for whoever saves it. Pure."""

import re
from collections.abc import Iterator
from typing import Final

from schemas.providers.mapping import FieldMapping
from schemas.providers.paths import dotted_of
from schemas.status import DELIVERY_MASK, FAILURES, NAMES_BY_RANK

_NEGATION: Final = re.compile(
    r"(?:^|_)(?:not|no|nao|never|sem|un|in|cannot)(?:_|$)|^(?:un|in)(?:delivered|deliverable|sent|read|seen)"
)
_FAILURE: Final = re.compile(
    r"fail|falh|err(?:o|or)(?:_|$)|reject|rejeit|recus|bounce|undeliver|invalid|blocked|bloque"
)
_SELF: Final = re.compile(r"(?:^|_)(?:by_me|self|mim)(?:_|$)|readself")
_GOOD: Final = frozenset(
    {*(n for i, n in enumerate(NAMES_BY_RANK) if DELIVERY_MASK >> i & 1), "sent", "created", "queued"}
)


def warnings_of(mapping: FieldMapping, of_provider: FieldMapping | None = None) -> Iterator[str]:
    """Return what a person should look at again; `of_provider` is what the source did not write itself."""
    known = of_provider.words if of_provider else {}
    for word, status in mapping.words.items():
        if known.get(word) == status:
            continue
        if status in _GOOD and (_NEGATION.search(word) or _FAILURE.search(word)):
            yield f"words.{status}: {word!r} reads like a failure or its opposite; a failure is `error`"
        elif status in _GOOD and _SELF.search(word):
            yield f"words.{status}: {word!r} reads like something that we did ourselves; put it under `ignored.read_by_me`"
        elif status in FAILURES and word in _GOOD:
            yield f"words.{status}: {word!r} is the name of another status"
    for name in ("message_id", "status"):
        for path in mapping.paths.get(name, ()):
            if any(key.isdecimal() for key in path):
                several = dotted_of(tuple("[]" if key.isdecimal() else key for key in path))
                yield (
                    f"paths.{name}: {dotted_of(path)} reads one element; a body with more stays unmapped. Write {several}"
                )

"""`python -m tests.faults.processors.breaking_worker WORD`: a worker whose parsers have a bug, and raise for a body that says WORD."""

import sys
from typing import Any

from processors.__main__ import main
from processors.parsers import Parsers
from schemas.event import Normalized
from schemas.providers.provider import Parser
from schemas.record import SourceContext


class BreakingParser:
    """A sound parser with one bug."""

    def __init__(self, sound: Parser, word: bytes) -> None:
        self._sound = sound
        self._word = word

    def split(self, body: bytes, content_type: str) -> Any:
        """Split as the sound parser does."""
        return self._sound.split(body, content_type)

    def normalize(self, body: bytes, context: SourceContext, received_at_ms: int) -> Normalized:
        """Break where the body says the word."""
        if self._word in body:
            raise RuntimeError("this parser has a bug")
        return self._sound.normalize(body, context, received_at_ms)


def break_parsers(word: bytes) -> None:
    """Give every source a parser with the bug."""
    sound_of = Parsers.of
    parsers: Any = Parsers
    parsers.of = lambda self, context: BreakingParser(sound_of(self, context), word)


if __name__ == "__main__":
    break_parsers(sys.argv[1].encode())
    main()

"""Which records of a batch Kafka refuses, found by halves from its answers to parts of it: decisions alone, nothing is sent here."""

from enum import Enum, auto
from typing import Final, Generic, TypeVar

from runtime.failure import Failure
from runtime.kafka.failures import is_unexplained, kafka_failure

ANSWERS_MAX: Final = 3
"""How often the same records are sent after an answer that explains nothing, or says that the sequence is broken."""

R = TypeVar("R")


class Step(Enum):
    """What to do after an answer that was an error."""

    AGAIN = auto()
    """Send the same once more, after a pause."""
    NEXT = auto()
    """Send the next piece: this one was halved, or its one record is none that Kafka takes."""
    GIVE_UP = auto()
    """No record is at fault: they go to the spool until the partition takes records again."""


class Dissection(Generic[R]):
    """One batch, sent piece by piece in order."""

    def __init__(self, records: list[R]) -> None:
        """Begin with one piece: all records."""
        self._pieces = [records] if records else []
        """The next one last."""
        self._refused: list[tuple[R, str]] = []
        self._suspects: list[tuple[R, str]] = []
        """Single records that were answered with what explains nothing, before the broker took any other."""
        self._answers = 0
        self._has_taken = False

    @property
    def piece(self) -> list[R]:
        """What is to be sent now; empty: nothing is left."""
        return self._pieces[-1] if self._pieces else []

    @property
    def refused(self) -> list[tuple[R, str]]:
        """Those that Kafka does not take, each with why, once nothing is left."""
        return self._refused

    @property
    def is_proven(self) -> bool:
        """Whether what is refused is at fault itself: the broker took others, or said why."""
        return not self._suspects

    def cut(self, count: int) -> None:
        """Make two pieces of the one to be sent: only its first `count` fit into a batch."""
        piece = self._pieces.pop()
        self._pieces += [piece[count:], piece[:count]]

    def drop(self) -> None:
        """Refuse the first record of the piece: it cannot even be encoded."""
        piece = self._pieces.pop()
        self._refused.append((piece[0], "it cannot be encoded"))
        if len(piece) > 1:
            self._pieces.append(piece[1:])

    def taken(self) -> None:
        """Note that the piece is in the log. So the broker is well, and suspects are at fault themselves."""
        self._pieces.pop()
        self._answers = 0
        self._has_taken = True
        self._refused += self._suspects
        self._suspects.clear()

    def answered(self, error: BaseException) -> Step:
        """Note what the broker answered to the piece, and decide."""
        self._answers += 1
        kind = kafka_failure(error)
        if kind is Failure.REFUSED:
            return self._halved(self._refused, repr(error))
        if kind is Failure.AWAY and not is_unexplained(error):
            return Step.GIVE_UP
        if self._answers < ANSWERS_MAX:
            return Step.AGAIN
        if kind is Failure.BUG:
            return Step.GIVE_UP
        if len(self.piece) > 1 or self._has_taken:
            return self._halved(self._refused, repr(error))
        # The broker took nothing since it began to answer so. One record may be the cause; two are none.
        return Step.GIVE_UP if self._suspects else self._halved(self._suspects, repr(error))

    def _halved(self, alone: list[tuple[R, str]], why: str) -> Step:
        """Halve the piece; put a record that is alone into `alone`."""
        piece = self._pieces.pop()
        self._answers = 0
        if len(piece) == 1:
            alone.append((piece[0], why))
        else:
            middle = len(piece) // 2
            self._pieces += [piece[middle:], piece[:middle]]
        return Step.NEXT

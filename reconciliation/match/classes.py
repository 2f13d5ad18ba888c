"""The classes of a compared row, and which one it has where several would do. Pure.

Every row of the manifests has exactly one; a message that no row can mean is `no_send`, beside the rows. The order is said
here, once: `classify` follows it, and so does the statement of the engine, which is made of `ORDER` (a test compares both).
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from schemas.status import FAILURES, RANK


class Class(StrEnum):
    """What became of the comparison of one row."""

    DUPLICATE = "duplicate"
    """An earlier row of its manifest means the same message."""
    ERASED = "erased"
    """Its person was forgotten."""
    AMBIGUOUS = "ambiguous"
    """Several messages go by the name that decided: all are listed, none is chosen."""
    NUMBER_DIFFERS = "number_differs"
    CONNECTION_DIFFERS = "connection_differs"
    CAMPAIGN_DIFFERS = "campaign_differs"
    STATUS_DIFFERS = "status_differs"
    MATCHED_WEAKLY = "matched_weakly"
    """No name but a weak key found it, which was asked for: with the number of messages that it fits."""
    MATCHED = "matched"
    NOT_YET_DUE = "not_yet_due"
    """No callback, and too early to miss one."""
    NO_CALLBACK = "no_callback"
    NO_SEND = "no_send"
    """A message of the time and connections compared that no row means. Not a row's class."""


ORDER: Final = tuple(Class)
"""The first that holds is a row's class."""
DIFFERENCES: Final = tuple(c for c in Class if c not in {Class.MATCHED, Class.NOT_YET_DUE})
"""What somebody has to look at."""
CONTRADICTIONS: Final = (
    Class.NUMBER_DIFFERS,
    Class.CONNECTION_DIFFERS,
    Class.CAMPAIGN_DIFFERS,
    Class.STATUS_DIFFERS,
)
"""What a row and its message say differently: the gravest is the class, all are kept as `differs`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """What is known of one row when its class is decided."""

    candidates: int
    """Messages that the name which decided leads to; 0: none."""
    is_weak: bool = False
    """Whether only a weak key led to them."""
    is_first: bool = True
    """Whether no earlier row of its manifest means the same."""
    is_erased: bool = False
    differs: frozenset[Class] = frozenset()
    """Which of CONTRADICTIONS hold."""
    is_due: bool = True


def classify(row: Compared) -> Class:
    """Return the one class of a row: the first of ORDER that holds."""
    holds = {
        Class.DUPLICATE: not row.is_first,
        Class.ERASED: row.is_erased,
        Class.AMBIGUOUS: row.candidates > 1 and not row.is_weak,
        **{contradiction: contradiction in row.differs for contradiction in CONTRADICTIONS},
        Class.MATCHED_WEAKLY: row.candidates > 0 and row.is_weak,
        Class.MATCHED: row.candidates > 0,
        Class.NOT_YET_DUE: not row.is_due,
        Class.NO_CALLBACK: True,
    }
    return next(c for c in ORDER if holds[c])


def status_differs(theirs: str, ours: str) -> bool:
    """Return whether callbacks do not bear out the status that a row says.

    A row that is only behind (`sent`, where `read` came) is no difference; a failure against anything else is one, and so is
    more than what any callback said. "" says nothing.
    """
    if not theirs or not ours or theirs == ours:
        return False
    if theirs in FAILURES or ours in FAILURES:
        return True
    return RANK[ours] < RANK[theirs]

"""What was sent and what was answered, and how often each body may therefore be in the log."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from deploy.demo.traffic import Traffic

_REFUSED_FROM: Final = 400
_UNCERTAIN_FROM: Final = 500


@dataclass(frozen=True, slots=True)
class Attempt:
    """One POST of one post of the traffic."""

    post: int
    """Index into `Traffic.posts`."""
    status: int | None
    """HTTP status answered; None where no answer came."""
    sent_at_ms: int
    ended_at_ms: int

    @property
    def taken(self) -> bool:
        """Whether it was answered that the bytes are stored."""
        return self.status is not None and self.status < _REFUSED_FROM

    @property
    def uncertain(self) -> bool:
        """Whether it counts as zero or one delivery: no answer, or one that does not say that nothing was stored."""
        return self.status is None or self.status >= _UNCERTAIN_FROM


class Range(NamedTuple):
    """How often something may be found, both ends included."""

    least: int
    most: int

    def holds(self, count: int) -> bool:
        """Return whether `count` is possible."""
        return self.least <= count <= self.most

    def __str__(self) -> str:
        return str(self.least) if self.least == self.most else f"{self.least} to {self.most}"


def deliveries(traffic: Traffic, attempts: Sequence[Attempt]) -> list[Range]:
    """Return, for each post of the traffic, how often its bytes may be in the log."""
    taken = Counter(attempt.post for attempt in attempts if attempt.taken)
    uncertain = Counter(attempt.post for attempt in attempts if attempt.uncertain)
    return [Range(taken[post], taken[post] + uncertain[post]) for post in range(len(traffic.posts))]

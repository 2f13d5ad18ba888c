"""What a run compares, as plain values: which rows, with which messages, by which keys. Pure."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from reconciliation.match.due import Due
from reconciliation.match.keys import DEFAULT, Key
from reconciliation.run.interval import By, Interval

DAYS_BEFORE: Final = 2
"""A row's time may be a whole batch's, noted when it was over: its messages began before."""
DAYS_AFTER: Final = 16
"""As views look for messages of some days (`MARGIN_DAYS`): a message stands under the day on which it was first heard of."""
UNTIMED_DAYS: Final = 45
"""Of rows that say no time this much before they were given is looked at: no message's state lives longer."""
NAMED_MAX: Final = 1_000
"""More connections or campaigns than these are not told apart: all of the account's messages are looked at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Extent:
    """What there is in the manifests, as `sql/extent.sql` says."""

    rows: int
    untimed: int
    first_ms: int
    last_ms: int
    connections: tuple[str, ...]
    """Those that the rows name, where every row names one and they are not too many; else none."""
    campaigns: tuple[str, ...]
    roles: tuple[str, ...]
    named_days: tuple[str, str] | None = None
    """First and last day (UTC) of the messages whose ids the rows give, whatever time the rows say; None: there is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """One comparison that is to be made."""

    account: str
    run: str
    manifests: tuple[str, ...]
    made_ms: int
    """When the run is made, UTC ms."""
    as_of_ms: int
    """What is due is judged at this time, UTC ms."""
    extent: Extent
    keys: tuple[Key, ...] = DEFAULT
    interval: Interval | None = None
    """None: whenever the rows say they were sent."""
    by: By = "sent_at"

    @property
    def weak_from(self) -> int:
        """The first step that is a weak key: 0 is the message id, 1 an alias, the keys follow."""
        return 2 + sum(not key.is_weak for key in self.keys)

    @property
    def names(self) -> int:
        """How many names the rows give at most: an id, and of a key one, or three where it is weak."""
        return self.extent.rows * (1 + sum(3 if key.is_weak else 1 for key in self.keys))

    @property
    def steps(self) -> tuple[str, ...]:
        """What each step is called."""
        return ("message_id", "alias", *map(str, self.keys))

    @property
    def first_day(self) -> str:
        """First day (UTC) of the messages looked at."""
        before = UNTIMED_DAYS if self.extent.untimed else DAYS_BEFORE
        said, named = _day(self.extent.first_ms, -before), self.extent.named_days
        return min(said, named[0]) if named else said

    @property
    def last_day(self) -> str:
        """Last day (UTC), included."""
        said, named = _day(self.extent.last_ms, DAYS_AFTER), self.extent.named_days
        return max(said, named[1]) if named else said

    @property
    def whole(self) -> Interval:
        """The time whose messages without a row are told: the one asked for, else from the first send to the last."""
        return self.interval or Interval(self.extent.first_ms, self.extent.last_ms + 1)

    @property
    def tells_no_send(self) -> bool:
        """Whether messages without a row can be told: of rows that say no time nobody knows which messages they leave out."""
        return self.interval is not None or not self.extent.untimed


@dataclass(frozen=True, slots=True)
class Dues:
    """When callbacks are due, as parameters."""

    default_ms: int
    connections: tuple[str, ...]
    after_ms: tuple[int, ...]

    @classmethod
    def of(cls, dues: tuple[Due, ...]) -> "Dues":
        """Return those of `due_times`, whose first is everybody's."""
        first, *others = dues
        return cls(first.after_ms, tuple(d.connection_id for d in others), tuple(d.after_ms for d in others))


def _day(at_ms: int, more: int) -> str:
    return (datetime.fromtimestamp(at_ms / 1000, UTC).date() + timedelta(days=more)).isoformat()

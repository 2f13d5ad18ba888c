"""How often something may happen: pure, time passed in."""

from collections import OrderedDict
from typing import Final

_ADDRESSES_MAX: Final = 10_000
_MINUTE_S: Final = 60.0


class TokenBucket:
    """A rate with a burst."""

    __slots__ = ("_at_s", "_burst", "_per_second", "_tokens")

    def __init__(self, *, per_second: float, burst: float) -> None:
        """Begin full.

        Args:
            per_second: tokens that come back each second.
            burst: tokens it holds at most.
        """
        self._per_second = per_second
        self._burst = burst
        self._tokens = burst
        self._at_s: float | None = None

    def take(self, now_s: float) -> bool:
        """Take a token, if there is one. `now_s` is monotonic, in seconds."""
        if self._at_s is not None:
            self._tokens = min(self._burst, self._tokens + (now_s - self._at_s) * self._per_second)
        self._at_s = now_s
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True


class FailedAttempts:
    """Failed authentications by address, over a minute. Bounded: the address longest unheard of is forgotten first."""

    def __init__(self, *, per_minute_max: int) -> None:
        self._per_minute_max = per_minute_max
        self._by_address: OrderedDict[str, tuple[float, int]] = OrderedDict()

    def is_blocked(self, address: str, now_s: float) -> bool:
        """Tell whether an address failed too often in the minute that began with its first failure."""
        if address not in self._by_address:
            return False
        since_s, count = self._by_address[address]
        return count >= self._per_minute_max and now_s - since_s < _MINUTE_S

    def count(self, address: str, now_s: float) -> None:
        """Note a failure."""
        since_s, count = self._by_address.pop(address, (now_s, 0))
        if now_s - since_s >= _MINUTE_S:
            since_s, count = now_s, 0
        self._by_address[address] = (since_s, count + 1)
        if len(self._by_address) > _ADDRESSES_MAX:
            self._by_address.popitem(last=False)

"""How much one token may ask: a rate with a burst, and how many requests at once. Pure: time is passed in."""

from collections import OrderedDict
from dataclasses import dataclass
from math import ceil
from typing import Final

_TOKENS_MAX: Final = 10_000
_MINUTE_S: Final = 60


@dataclass(slots=True)
class Allowance:
    """What is left to one token."""

    left: float
    at_s: float
    under_way: int = 0


class TokenLimits:
    """The allowances of a process: several processes each give their own."""

    def __init__(self, rate_per_minute: int, burst: int, under_way_max: int) -> None:
        self._rate_s = rate_per_minute / _MINUTE_S
        self._burst = burst
        self._under_way_max = under_way_max
        self._of: OrderedDict[str, Allowance] = OrderedDict()

    @property
    def policy(self) -> str:
        """The header `RateLimit-Policy`."""
        return f'"token";q={self._burst};w={ceil(self._burst / self._rate_s)}'

    def take(self, token_id: str, now_s: float) -> tuple[bool, str, int]:
        """Take one request of a token.

        Returns:
            Whether it may go on (then `end` is to be called), the header `RateLimit`, and seconds to wait where it may not.
        """
        allowance = self._of.setdefault(token_id, Allowance(self._burst, now_s))
        self._of.move_to_end(token_id)
        if len(self._of) > _TOKENS_MAX:
            self._of.popitem(last=False)
        allowance.left = min(self._burst, allowance.left + (now_s - allowance.at_s) * self._rate_s)
        allowance.at_s = now_s
        may = allowance.left >= 1 and allowance.under_way < self._under_way_max
        if may:
            allowance.left -= 1
            allowance.under_way += 1
        wait_s = 0 if may else max(1, ceil((1 - allowance.left) / self._rate_s))
        full_s = ceil((self._burst - allowance.left) / self._rate_s)
        return may, f'"token";r={int(allowance.left)};t={full_s}', wait_s

    def end(self, token_id: str) -> None:
        """A request of a token is answered."""
        if token_id in self._of:
            self._of[token_id].under_way -= 1

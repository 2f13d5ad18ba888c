"""What an attempt's result calls for: done, again after a pause, or never again. Pure."""

from enum import StrEnum
from typing import Final

from relay.settings import Settings

_FAILED_STATUSES: Final = frozenset({408, 425, 429})
_SUCCESS, _CLIENT_ERROR, _SERVER_ERROR = 2, 4, 5


class Result(StrEnum):
    """How an attempt ended."""

    TAKEN = "taken"
    REFUSED = "refused"
    """The receiver answered, and does not want this webhook."""
    FAILED = "failed"
    """No answer, or one that says: later."""
    FORBIDDEN = "forbidden"
    """The URL leads to an internal address: nothing was sent."""


def result_of(status: int) -> Result:
    """Return what an HTTP status means here. A redirect is a refusal: it would leave the vetted address."""
    if status // 100 == _SUCCESS:
        return Result.TAKEN
    if status in _FAILED_STATUSES or status // 100 == _SERVER_ERROR:
        return Result.FAILED
    return Result.REFUSED


def pause_s(failures: int, retry_after: str, settings: Settings, chance: float) -> float:
    """Return how long to wait after so many failures, seconds: doubling, half of it by chance, Retry-After respected.

    Args:
        failures: attempts that failed, at least 1.
        retry_after: what the receiver asked for, seconds, or "".
        settings: the shortest and the longest pause.
        chance: from 0 to 1, so that many URLs are not tried at once.
    """
    longest = settings.backoff_ms_max / 1000
    doubled = min(settings.backoff_ms_min / 1000 * 2.0 ** min(failures - 1, 30), longest)
    asked = min(float(retry_after), 60 * longest) if retry_after.isascii() and retry_after.isdecimal() else 0.0
    return max(doubled * (0.5 + chance / 2), asked)

"""Reading a provider's time: ISO 8601, or epoch seconds or milliseconds, distinguished by size."""

import math
import re
from collections.abc import Sequence
from datetime import datetime, tzinfo
from functools import lru_cache
from typing import Any, Final
from zoneinfo import ZoneInfo

_BELOW_S: Final = 100_000_000_000
"""1e11: as seconds the year 5138, as milliseconds 1973."""
_MILLISECONDS_BELOW: Final = 100_000_000_000_000
_ABSURD_FROM: Final = 10**17
_FARTHEST_MS: Final = 2**62
"""What stands for a time beyond every clock."""
_TEXT_LENGTH_MAX: Final = 64
_DIGITS_MAX: Final = 400
"""Beyond it nobody means a time."""
_COMPACT_LENGTH: Final = 14
_BRAZILIAN: Final = re.compile(r"(\d{2})/(\d{2})/(\d{4})[ ,T]+(\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?)$")


@lru_cache(maxsize=64)
def zone(name: str) -> tzinfo:
    """Return the IANA zone `name`. Raises zoneinfo.ZoneInfoNotFoundError."""
    return ZoneInfo(name)


def parse_time_ms(value: Any, naive_zone: tzinfo) -> int | None:
    """Return a provider's time as UTC ms, or None where it is none. 0, negative and overflowing ones are times, absurd as they are.

    Args:
        value: an ISO 8601 text, `dd/mm/yyyy hh:mm[:ss]`, `yyyymmddhhmmss`, or epoch seconds, milliseconds or microseconds as a number or text.
        naive_zone: the zone of a text that names none.
    """
    kind = type(value)
    if kind is float or kind is int:
        return _from_number(value)
    if kind is str:
        if value.isascii() and value.isdecimal():
            return _from_digits(value, naive_zone)
        try:
            at = datetime.fromisoformat(value)
        except ValueError:
            return _from_other_text(value, naive_zone)
        if at.tzinfo is None:
            at = at.replace(tzinfo=naive_zone)
        try:
            return round(at.timestamp() * 1000)
        except (OverflowError, ValueError):
            return -_FARTHEST_MS
    return None


def may_be_told(at_ms: int) -> bool:
    """Return whether a time is neither 0 nor negative nor overflowing: where a body has several, one of these counts first."""
    return 0 < at_ms < _ABSURD_FROM // 1000


def parse_written_ms(value: Any, naive_zone: tzinfo, formats: Sequence[str]) -> int | None:
    """Return a time as `parse_time_ms` does, one written in one of `formats` (of `strptime`) included; they come first."""
    if formats and type(value) is str and len(value) <= _TEXT_LENGTH_MAX:
        for written in formats:
            try:
                at = datetime.strptime(value.strip(), written)  # noqa: DTZ007 - the zone follows
                return round((at if at.tzinfo else at.replace(tzinfo=naive_zone)).timestamp() * 1000)
            except (ValueError, OverflowError):
                continue
    return parse_time_ms(value, naive_zone)


def _from_digits(text: str, naive_zone: tzinfo) -> int | None:
    """Read an epoch, or `yyyymmddhhmmss`. `datetime` would take thirteen digits for a date of the eighteenth century."""
    if len(text) == _COMPACT_LENGTH and text.startswith("20"):
        return parse_time_ms(f"{text[:8]}T{text[8:]}", naive_zone)
    return _from_number(int(text)) if len(text) <= _DIGITS_MAX else None


def _from_number(value: float) -> int | None:
    if not math.isfinite(value):
        return None
    if abs(value) >= _ABSURD_FROM:
        return int(max(-_FARTHEST_MS, min(_FARTHEST_MS, value)))
    if value < _BELOW_S:
        return round(value * 1000)
    if value < _MILLISECONDS_BELOW:
        return round(value)
    return round(value / 1000)


def _from_other_text(text: str, naive_zone: tzinfo) -> int | None:
    text = text.strip()
    if len(text) > _TEXT_LENGTH_MAX:
        return None
    brazilian = _BRAZILIAN.match(text)
    if brazilian:
        day, month, year, clock = brazilian.groups()
        return parse_time_ms(f"{year}-{month}-{day}T{clock}", naive_zone)
    try:
        return _from_number(float(text))
    except ValueError:
        return None

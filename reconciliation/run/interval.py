"""The time that a run compares: half-open, [since, until), in days of the account's time zone. Pure."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final, Literal, get_args
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from schemas.errors import ConfigurationError

By = Literal["sent_at", "first_at", "delivered_at"]
"""Which time of a message decides: the send's own, the message's, or its delivery's."""
BY: Final[tuple[str, ...]] = get_args(By)
_MONTH: Final = re.compile(r"([0-9]{4})-(0[1-9]|1[0-2])")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Interval:
    """Since (within) until (no more within), UTC ms."""

    since_ms: int
    until_ms: int


def month(text: str, time_zone: str) -> Interval:
    """Return the month `2026-11` of a time zone. Raises ConfigurationError."""
    found = _MONTH.fullmatch(text)
    if found is None:
        raise ConfigurationError(f"`{text}` is no month: write it as 2026-11")
    first = date(int(found[1]), int(found[2]), 1)
    following = date(first.year + first.month // 12, first.month % 12 + 1, 1)
    return days(first, following - timedelta(days=1), time_zone)


def days(first: date, last: date, time_zone: str) -> Interval:
    """Return the days from first to last, both included, of a time zone. Raises ConfigurationError."""
    if last < first:
        raise ConfigurationError(f"from {first} to {last}: the last day is before the first")
    return Interval(_begins_ms(first, time_zone), _begins_ms(last + timedelta(days=1), time_zone))


def said(interval: Interval, time_zone: str) -> str:
    """Return an interval for people, with its zone: half-open."""
    zone = ZoneInfo(time_zone)
    since, until = (
        (_EPOCH + timedelta(milliseconds=ms)).astimezone(zone).isoformat(timespec="minutes")
        for ms in (interval.since_ms, interval.until_ms)
    )
    return f"[{since}, {until}) {time_zone}"


def _begins_ms(day: date, time_zone: str) -> int:
    """Return when a day begins, UTC ms. Where a clock change takes midnight away, that is the first instant after it."""
    try:
        zone = ZoneInfo(time_zone)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise ConfigurationError(f"`{time_zone}` is no time zone: write an IANA name as America/Sao_Paulo") from error
    midnight = datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)
    return round((midnight - _EPOCH).total_seconds() * 1000)

"""Times and periods as files have them: ISO 8601, `dd/mm/yyyy [hh:mm[:ss]]`, epoch seconds or milliseconds. Pure; each raises CellRefused."""

import re
from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import lru_cache
from typing import Final

from reconciliation.read.cells import plain
from reconciliation.read.refusal import CellRefused
from schemas.send import AT_MS_MAX

EARLIEST_MS: Final = 1_230_768_000_000
"""2009-01-01: WhatsApp sent nothing before."""
_CHARS_MAX: Final = 64
_DAY_FIRST: Final = re.compile(
    r"(\d{1,2})([/.-])(\d{1,2})\2(\d{4}|\d{2})(?:(?:[ T]+|, *| às )(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?)?"
)
_TO_THE_SECOND: Final = re.compile(r"(?:\d{4}-\d\d-\d\d|\d\d/\d\d/\d{4})[ T]\d\d:\d\d:[0-5]\d", re.ASCII)
_EPOCH: Final = re.compile(r"\d{9,19}(?:\.\d{1,9})?")
_EPOCH_BEGIN: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MS: Final = timedelta(milliseconds=1)
_COMPACT: Final = re.compile(r"(20\d{6})(\d{6})")
_MAIL: Final = "%a, %d %b %Y %H:%M:%S %z"
"""RFC 5322, as some panels export."""
_HOW: Final = "write it as 2026-11-28T14:02:00-03:00, 28/11/2026 14:02 or as epoch seconds or milliseconds"
_MONTHS: Final = 12


def sent_at_ms(cell: str, zone: tzinfo) -> int | None:
    """Return a time as UTC ms; None for an empty cell.

    Args:
        cell: as it is written. Day before month where slashes part them.
        zone: of times that name none.
    """
    if _TO_THE_SECOND.fullmatch(cell):
        return _minute_ms(cell[:16], zone) + int(cell[17:]) * 1000
    return _any_ms(plain(cell), zone)


@lru_cache(maxsize=100_000)
def _minute_ms(text: str, zone: tzinfo) -> int:
    """Return a time to the minute. Sends of one file are of few minutes: the zone is asked once for each."""
    at_ms = _any_ms(text, zone)
    assert at_ms is not None
    return at_ms


def _any_ms(value: str, zone: tzinfo) -> int | None:
    if not value:
        return None
    if len(value) > _CHARS_MAX:
        raise CellRefused("is no time", _HOW)
    value = _COMPACT.sub(r"\1T\2", value) if len(value) == 14 else value  # noqa: PLR2004
    at_ms = _epoch_ms(value) if value[:1].isdigit() and _EPOCH.fullmatch(value) else _written_ms(value, zone)
    if at_ms is None:
        raise CellRefused("is no time", _HOW)
    if not EARLIEST_MS <= at_ms <= AT_MS_MAX:
        raise CellRefused("is before 2009 or after 2100, when no message was sent", _HOW)
    return at_ms


@lru_cache(maxsize=1_000)
def period(cell: str) -> str:
    """Return the day (`2026-11-28`) or month (`2026-11`) of an invoice's line; "" for an empty cell."""
    value = plain(cell)
    if not value:
        return ""
    for pattern, form in _PERIODS:
        found = pattern.fullmatch(value)
        if found:
            parts = found.groupdict()
            year, month, day = int(parts["year"]), int(parts["month"]), int(parts.get("day") or 1)
            try:
                return date(year, month, day).strftime(form)
            except ValueError:
                break
    raise CellRefused("is no day and no month", "write it as 2026-11-28, 28/11/2026, 2026-11 or 11/2026")


_PERIODS: Final = (
    (re.compile(r"(?P<year>2\d{3})[-/](?P<month>\d{1,2})[-/](?P<day>\d{1,2})(?:[ T].*)?"), "%Y-%m-%d"),
    (re.compile(r"(?P<day>\d{1,2})[-/.](?P<month>\d{1,2})[-/.](?P<year>2\d{3})"), "%Y-%m-%d"),
    (re.compile(r"(?P<year>2\d{3})[-/](?P<month>\d{1,2})"), "%Y-%m"),
    (re.compile(r"(?P<month>\d{1,2})[-/](?P<year>2\d{3})"), "%Y-%m"),
)


def _epoch_ms(text: str) -> int | None:
    whole, _, fraction = text.partition(".")
    if len(whole) <= 10:  # noqa: PLR2004 - seconds until 2286
        return int(whole) * 1000 + int((fraction + "000")[:3])
    if len(whole) == 13:  # noqa: PLR2004 - milliseconds
        return int(whole)
    return {16: int(whole) // 1_000, 19: int(whole) // 1_000_000}.get(len(whole))


def _written_ms(text: str, zone: tzinfo) -> int | None:
    found = _DAY_FIRST.fullmatch(text)
    try:
        at = _of_parts(found) if found else _of_text(text)
        return _floor_ms(at if at.tzinfo else at.replace(tzinfo=zone))
    except (ValueError, OverflowError):
        if found and int(found[3]) > _MONTHS >= int(found[1]):
            raise CellRefused(
                "has no such month: dates are read as day/month/year", "export dates as ISO 8601 (2026-11-28 14:02)"
            ) from None
        return None


def _floor_ms(at: datetime) -> int:
    """Return UTC ms, never rounded up: the last instant of a month is of that month."""
    return (at - _EPOCH_BEGIN) // _MS


def _of_text(text: str) -> datetime:
    if text[:1].isalpha():
        return datetime.strptime(text, _MAIL)  # noqa: DTZ007 - it has %z
    return datetime.fromisoformat(text.removesuffix(" UTC") + ("+00:00" if text.endswith(" UTC") else ""))


def _of_parts(found: re.Match[str]) -> datetime:
    day, _, month, year, hour, minute, second, fraction = found.groups()
    micros = int((fraction or "").ljust(6, "0")[:6])
    return datetime(  # noqa: DTZ001 - the zone follows
        int(year) + (2000 if len(year) == 2 else 0),  # noqa: PLR2004
        int(month),
        int(day),
        int(hour or 0),
        int(minute or 0),
        int(second or 0),
        micros,
    )

"""Times of reports: in the zone of the run. Pure."""

from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from reconciliation.report.words import CAUSES, say
from reconciliation.run.record import CauseCount, RunRecord
from schemas.causes.sentences import Language

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def told(at_ms: int, time_zone: str) -> str:
    """Return a time to the minute, with its offset."""
    at = (_EPOCH + timedelta(milliseconds=at_ms)).astimezone(ZoneInfo(time_zone))
    return f"{at:%Y-%m-%d %H:%M %z}"


def cause(language: Language, found: CauseCount, record: RunRecord) -> str:
    """Return a cause for people: `connection logged out 14:02 to 15:40`, with the day where it is not the same."""
    zone = ZoneInfo(record.time_zone)
    ends = [
        (_EPOCH + timedelta(milliseconds=ms)).astimezone(zone) if ms is not None else None
        for ms in (found.from_ms, found.until_ms)
    ]
    first, last = ends
    from_ = f"{first:%Y-%m-%d %H:%M}" if first else ""
    same = first and last and first.date() == last.date()
    until = say(language, "ongoing") if last is None else f"{last:%H:%M}" if same else f"{last:%Y-%m-%d %H:%M}"
    return CAUSES[found.cause][language].format(from_=from_, until=until, bodies=found.bodies)

"""Which time zone times without one are in: told by when the bodies came, or not known. Pure.

A status comes seconds after it happened. So a time that is read as UTC, and lies some whole quarters of an hour from its
receipt in nearly every body, is of a zone that is so far from UTC.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from math import ceil
from typing import Any, Final, NamedTuple, TypeGuard

from operations.learn.capture import Capture
from operations.learn.preview import parser_with
from schemas.event import Event, Normalized
from schemas.providers.provider import Provider

_QUARTER_MS: Final = 15 * 60 * 1000
_BODIES_MIN: Final = 2
_SHARE_MIN: Final = 0.8
_HOURS_MAX: Final = 14
_CAPTURES_MAX: Final = 2_000
_UTC: Final = "UTC"
_ELSEWHERE: Final = "Etc/GMT+1"
_KNOWN: Final = {
    -6.0: "America/Mexico_City",
    -5.0: "America/Bogota",
    -4.0: "America/Manaus",
    -3.0: "America/Sao_Paulo",
    0.0: _UTC,
    5.5: "Asia/Kolkata",
    5.75: "Asia/Kathmandu",
    6.5: "Asia/Yangon",
}
"""Hours from UTC → a zone that is so far all year. Other whole hours have names of their own (Etc/GMT-2)."""


class ZoneEvidence(NamedTuple):
    """What captured bodies say of the zone of their times."""

    without: int
    """Events whose time names no zone."""
    zone: str
    """The zone that they are in, as far as receipts tell; "" where they do not."""
    agreeing: int
    """Events that say so."""

    @property
    def said(self) -> str:
        """In words, for whoever decides; "" where every time names its zone."""
        if not self.without:
            return ""
        if self.zone:
            return f"times name no zone; in {self.agreeing} of {self.without} events they are {self.zone}'s, by when they came"
        return f"times of {self.without} events name no zone, and when they came does not tell it: UTC is assumed (--time-zone)"


def zone_of(provider: Provider, table: Mapping[str, Any], captures: Sequence[Capture]) -> ZoneEvidence:
    """Return what captures say of the zone of times that name none, where `table` reads them."""
    in_utc, elsewhere = (parser_with(provider, {**table, "time_zone": name}) for name in (_UTC, _ELSEWHERE))
    offsets: Counter[float] = Counter()
    for capture in captures[:_CAPTURES_MAX]:
        received_ms = capture.stamp.received_at_ms
        for part in in_utc.split(capture.body, capture.context.content_type):
            one, other = (p.normalize(part.body, capture.context, received_ms) for p in (in_utc, elsewhere))
            if _has_time(one) and _has_time(other) and one.occurred_at_ms != other.occurred_at_ms:
                offsets[ceil((one.occurred_at_ms - received_ms) / _QUARTER_MS) / 4] += 1
    without = offsets.total()
    if without < _BODIES_MIN:
        return ZoneEvidence(without, "", 0)
    hours, agreeing = offsets.most_common(1)[0]
    zone = _name(hours) if agreeing >= _SHARE_MIN * without else ""
    return ZoneEvidence(without, zone, agreeing if zone else 0)


def _has_time(said: Normalized) -> TypeGuard[Event]:
    return isinstance(said, Event) and said.time_source == "provider"


def _name(hours: float) -> str:
    if hours in _KNOWN:
        return _KNOWN[hours]
    if hours != int(hours) or abs(hours) > _HOURS_MAX:
        return ""
    return f"Etc/GMT{-int(hours):+d}"

"""The zone of times that name none: told by when the bodies came, else said to be assumed."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from operations.learn.capture import Capture
from operations.learn.zones import zone_of
from schemas.providers import PROVIDERS
from schemas.record import RequestStamp, SourceContext

BEGIN = datetime(2026, 11, 20, 12, 0, 0, tzinfo=UTC)
TABLE: dict[str, Any] = {
    "paths": {"message_id": ["id"], "status": ["s"], "time": ["at"]},
    "words": {"delivered": ["DELIVERED"]},
}


def captures(offset_hours: float, delays_s: list[float], written: str = "%Y-%m-%d %H:%M:%S") -> list[Capture]:
    """Return bodies of a provider whose clock is so far from UTC, each come so long after what it tells."""
    made = []
    for number, delay_s in enumerate(delays_s):
        true = BEGIN + timedelta(minutes=7 * number)
        at = (true + timedelta(hours=offset_hours)).strftime(written)
        body = json.dumps({"id": f"m-{number}", "s": "DELIVERED", "at": at}).encode()
        received_ms = round((true.timestamp() + delay_s) * 1000)
        stamp = RequestStamp(f"{number:032x}", 0, "single", received_ms)
        made.append(Capture(SourceContext("s", "a", "generic"), stamp, b"{}", body))
    return made


@pytest.mark.parametrize(
    ("offset", "zone"),
    [(-3, "America/Sao_Paulo"), (0, "UTC"), (5.5, "Asia/Kolkata"), (2, "Etc/GMT-2"), (-7, "Etc/GMT+7")],
)
def test_the_zone_is_told_by_receipts(offset: float, zone: str) -> None:
    """Bodies that come seconds after what they tell say how far their clock is from UTC; one straggler changes nothing."""
    found = zone_of(PROVIDERS["generic"], TABLE, captures(offset, [1, 3, 0.5, 40, 2, 9000]))
    assert (found.without, found.zone, found.agreeing) == (6, zone, 5)
    assert f"in 5 of 6 events they are {zone}'s" in found.said


@pytest.mark.parametrize("delays", [[1.0], [10, 4000, 9000, 20_000]])
def test_a_zone_that_is_not_known_is_said_to_be_assumed(delays: list[float]) -> None:
    """One body alone, or bodies that came hours late, tell no zone: that UTC is assumed is said."""
    found = zone_of(PROVIDERS["generic"], TABLE, captures(-3, delays))
    assert found.zone == ""
    assert "UTC is assumed (--time-zone)" in found.said


@pytest.mark.parametrize("written", ["%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%dT%H:%M:%S-03:00"])
def test_times_with_a_zone_ask_nothing(written: str) -> None:
    """Where every time names its zone, there is nothing to say."""
    assert zone_of(PROVIDERS["generic"], TABLE, captures(0, [1, 2, 3], written)).said == ""

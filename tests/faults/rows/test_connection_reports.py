"""A connection lives for years: its reports are published for as long as it does."""

import random

from schemas.providers import PROVIDERS
from tests.differential.product import published
from tests.support.raw import START_MS, WPP, event_record, headers, raw_record

REPORTS = 500


def test_five_hundred_reports_of_one_connection() -> None:
    """Each of 500 distinct reports is published once, and the latest is what is true."""
    words = ("connected", "logout")
    log = []
    for offset in range(REPORTS):
        at_ms = START_MS + offset * 3_600_000
        told = event_record(
            offset, "c1", words[offset % 2], event_id=f"e{offset}", occurred_at=at_ms, connection_id="c1"
        )
        log.append(raw_record(offset, b"acme/c1", told.value, headers(WPP), at_ms))
    made = published(log, lambda _: PROVIDERS["wpp_marketing"].parser(None), random.Random(1))
    assert [event["id"] for _, event in made.events] == [f"e{n}/{words[n % 2]}" for n in range(REPORTS)]
    assert made.set_aside == []

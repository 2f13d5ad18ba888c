"""What `recibo doctor` says of a source's last hour, and what to do."""

from collections import Counter

import pytest

from operations.source_health import Hour, sources

CASES = (
    (Hour(), "warn", "s: nothing came yet", "`recibo source show s` prints; `recibo source test s` tries it"),
    (Hour(taken=3, understood=4), "ok", "s: 3 requests in the last hour, all taken and understood", ""),
    (Hour(silent_s=5400), "warn", "s: silent for 90 min", "still posts"),
    (Hour(silent_s=86_400), "warn", "s: silent for 24 h", "still posts"),
    (
        Hour(refused=Counter(unauthenticated=12)),
        "fail",
        "s: 12 of 12 requests of the last hour were refused (unauthenticated 12)",
        "`recibo source test s` says what is signed",
    ),
    (
        Hour(taken=3, refused=Counter({"wrong content type": 2, "unauthenticated": 1})),
        "warn",
        "s: 3 of 6 requests of the last hour were refused (wrong content type 2, unauthenticated 1)",
        "`content_types` in [sources.s]",
    ),
    (Hour(refused=Counter({"something new": 1})), "fail", "something new 1", "see ingest's log"),
    (
        Hour(taken=5, unmapped=5, why_unmapped="no status found"),
        "fail",
        "s: 5 of 5 events of the last hour are not understood (no status found)",
        "`recibo source learn s`",
    ),
    (Hour(taken=5, unmapped=1, understood=4), "warn", "s: 1 of 5 events", "`recibo source learn s`"),
)


@pytest.mark.parametrize(("hour", "level", "text", "remedy"), CASES)
def test_a_sources_hour_is_judged(hour: Hour, level: str, text: str, remedy: str) -> None:
    """Refused, not understood, silent or never heard of: each is said with what to do; all or nothing refused is a failure."""
    (finding,) = sources(["s"], {"s": hour}, {})
    assert finding.level == level
    assert text in finding.text
    assert remedy in finding.remedy


def test_requests_to_no_source_are_said() -> None:
    """A URL with a typing mistake is named, the most frequent first."""
    *_, finding = sources(["s"], {}, {"/v1/webhooks/t": 1, "/v1/webhooks/sh0p": 7})
    assert "/v1/webhooks/sh0p (7), /v1/webhooks/t (1)" in finding.text
    assert "`recibo source list`" in finding.remedy

"""The demo's truth and the product's fold are two programs by two hands: they must agree on any traffic."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from deploy.demo.compare_topics import compare_topics
from deploy.demo.match import match
from deploy.demo.sources import OWN_SOURCES
from deploy.demo.traffic import Traffic, generate
from deploy.demo.truth import work_out
from tests.support.offline_line import run_offline

_START_MS = 1_773_144_000_000
_RECEIVED_MS = _START_MS + 7_200_000


def _differences(traffic: Traffic) -> list[str]:
    attempts, observed, _ = run_offline(traffic, _RECEIVED_MS)
    matched = match(traffic, attempts, observed.raw)
    return [str(found) for found in (*matched.differences, *compare_topics(work_out(matched.records), observed))]


@settings(max_examples=12, deadline=None)
@given(seed=st.integers(0, 2**32), events=st.integers(100, 400))
def test_truth_and_fold_agree(seed: int, events: int) -> None:
    """On any traffic the derived topics are exactly what the demo's own code says."""
    traffic = generate(seed, events, OWN_SOURCES, "1773144", _START_MS)
    assert traffic.events() == events
    assert _differences(traffic) == []


def test_truth_and_fold_agree_on_a_crowd() -> None:
    """They agree as well where a message has more events than its journal lists."""
    traffic = generate(5, 3_000, OWN_SOURCES, "1773144", _START_MS)
    assert _differences(traffic) == []


def test_a_missing_record_is_named() -> None:
    """A body that was taken and is not in the log is a difference that names its message."""
    traffic = generate(1, 300, OWN_SOURCES, "1773144", _START_MS)
    attempts, observed, _ = run_offline(traffic, _RECEIVED_MS)
    lost = next(record for record in observed.raw if record.kind == "single" and b"-m" in record.key)
    observed.raw.remove(lost)
    found = match(traffic, attempts, observed.raw).differences
    assert [difference.subject for difference in found if "is there 0 times" in difference.what]
    assert all(difference.subject == lost.key.decode() for difference in found)


def test_an_attempt_without_answer_counts_as_zero_or_one() -> None:
    """Whether the bytes of an unanswered attempt are in the log or not, there is no difference."""
    traffic = generate(2, 300, OWN_SOURCES, "1773144", _START_MS)
    attempts, observed, _ = run_offline(traffic, _RECEIVED_MS)
    unanswered = [replace(attempt, status=None) for attempt in attempts]
    assert match(traffic, unanswered, observed.raw).differences == []
    assert match(traffic, unanswered, []).differences == []

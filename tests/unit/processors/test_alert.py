"""When a source sends too much that is not understood."""

from processors.alert import WINDOW_S, UnclearAlert


def test_a_source_is_told_of_once_a_window() -> None:
    """More than the bound in one minute alerts once, and again in a later minute."""
    alert = UnclearAlert(per_minute_max=10)
    assert alert.count({"shop": 10}, 100.0) == []
    assert alert.count({"shop": 1}, 101.0) == ["shop"]
    assert alert.count({"shop": 50}, 102.0) == []
    assert alert.count({"shop": 11}, 100.0 + WINDOW_S) == ["shop"]


def test_sources_are_counted_apart() -> None:
    """One noisy source neither hides nor accuses another."""
    alert = UnclearAlert(per_minute_max=10)
    assert alert.count({"noisy": 100, "quiet": 1}, 5.0) == ["noisy"]

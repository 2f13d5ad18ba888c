"""The cache of hot states is bounded, and never forgets what its store does not have yet."""

from processors.hot_states import HotStates


def test_the_oldest_leave_first() -> None:
    """Above the bound the least recently changed state leaves."""
    hot = HotStates(2)
    for key in (b"a", b"b", b"a", b"c"):
        hot.put(key, key, 0)
    hot.evict(stored_batch=0)
    assert (len(hot), hot.get(b"a"), hot.get(b"b"), hot.get(b"c")) == (2, b"a", None, b"c")


def test_a_state_that_is_not_stored_stays() -> None:
    """A state changed by batch 2 outlives the bound until batch 2 is in the store."""
    hot = HotStates(1)
    hot.put(b"a", 1, 2)
    hot.put(b"b", 1, 3)
    hot.evict(stored_batch=1)
    assert len(hot) == 2
    hot.evict(stored_batch=2)
    assert (hot.get(b"a"), hot.get(b"b")) == (None, 1)


def test_a_dropped_state_is_not_hot() -> None:
    """A dropped state is read from the store again; dropping twice is no error."""
    hot = HotStates(1)
    hot.put(b"a", 1, 0)
    hot.drop(b"a")
    hot.drop(b"a")
    assert hot.get(b"a") is None

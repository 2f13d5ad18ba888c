"""Hot states leave when there is no room, oldest first, and never before the store has them."""

from processors.hot_states import HotStates

PLENTY = 1 << 40
OF_100 = 512 + 3 * 100
"""What a state takes whose encoding has 100 bytes."""


def test_the_oldest_stored_entry_leaves_first() -> None:
    """Above the count the least recently changed state goes, and one changed again counts as recent."""
    hot = HotStates(PLENTY, 2)
    hot.put(b"a", "A", 1, 100)
    hot.put(b"b", "B", 1, 100)
    hot.put(b"a", "A2", 2, 100)
    hot.put(b"c", "C", 2, 100)
    hot.evict(stored_batch=2)
    assert (hot.get(b"a"), hot.get(b"b"), hot.get(b"c")) == ("A2", None, "C")


def test_nothing_leaves_before_it_is_stored() -> None:
    """A state of a batch that the store has not stays, however full the memory is."""
    hot = HotStates(1, 1)
    hot.put(b"a", "A", 1, 100)
    hot.put(b"b", "B", 2, 100)
    hot.evict(stored_batch=0)
    assert len(hot) == 2
    hot.evict(stored_batch=1)
    assert (hot.get(b"a"), hot.get(b"b")) == (None, "B")


def test_large_states_leave_for_their_bytes() -> None:
    """Few large states fill the memory that many small ones may have; what has gone no longer counts."""
    hot = HotStates(3 * OF_100, 1_000)
    for key in (b"a", b"b", b"c"):
        hot.put(key, key, 1, 100)
    hot.evict(stored_batch=1)
    assert (len(hot), hot.bytes) == (3, 3 * OF_100)
    hot.put(b"large", "L", 1, 400)
    hot.evict(stored_batch=1)
    assert hot.get(b"large") == "L"
    assert hot.get(b"a") is None
    assert hot.bytes <= 3 * OF_100
    hot.drop(b"large")
    hot.put(b"c", "again", 1, 100)
    assert hot.bytes == len(hot) * OF_100

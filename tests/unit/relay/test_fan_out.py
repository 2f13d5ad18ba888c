"""From where a log that is read for several is read, and where each of them begins."""

import pytest

from relay.raw.bookmark import begin_at
from relay.raw.fan_out import NEAR_RECORDS, is_near, read_from


def test_reading_misses_nobodys_next_record() -> None:
    """Of each partition the least position is read from; one that nobody reads is left out."""
    assert read_from([{0: 5, 1: 9}, {0: 7, 1: 2, 2: 0}]) == {0: 5, 1: 2, 2: 0}
    assert read_from([]) == {}


@pytest.mark.parametrize(
    ("positions", "ends", "expected"),
    [
        ({0: 10}, {0: 10}, True),
        ({0: 10}, {0: 10 + NEAR_RECORDS}, True),
        ({0: 10}, {0: 11 + NEAR_RECORDS}, False),
        ({0: 10, 1: 0}, {0: 10, 1: NEAR_RECORDS + 1}, False),
        ({0: 10, 1: 0}, {0: 10}, False),
    ],
)
def test_near_the_end_is_near_it_everywhere(positions: dict[int, int], ends: dict[int, int], *, expected: bool) -> None:
    """A URL keeps up where it is close to the end of every partition; an end that is not known is far."""
    assert is_near(positions, ends) is expected


@pytest.mark.parametrize(
    ("committed", "begin", "is_new_url", "expected"),
    [(None, 3, True, 90), (None, 3, False, 3), (50, 3, False, 50), (1, 3, False, 3)],
)
def test_a_partition_that_came_later_is_read_from_its_first_record(
    committed: int | None, begin: int, *, is_new_url: bool, expected: int
) -> None:
    """A new URL begins a little before now; one that is known begins a new partition at its first record, and skips what is gone."""
    assert begin_at(committed, begin, 90, is_new_url=is_new_url) == expected

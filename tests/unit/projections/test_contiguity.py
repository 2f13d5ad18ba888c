"""Reading goes on where it left off, or the lane stops: and only then."""

import pytest

from projections.reader import continues


@pytest.mark.parametrize(
    ("first", "assigned_at", "committed", "expected"),
    [
        (7, None, None, True),
        (7, 7, 7, True),
        (7, 7, 9, True),
        (9, 7, 9, True),
        (10, 7, 9, False),
        (0, 7, 9, False),
        (7, None, 7, True),
        (8, None, 7, False),
    ],
)
def test_a_commit_between_assignment_and_first_record_is_no_gap(
    first: int, assigned_at: int | None, committed: int | None, *, expected: bool
) -> None:
    """Reading may begin at what was committed when the partition came, or since; beyond it, or before it, records are lost or others."""
    assert continues(first, assigned_at, committed) is expected

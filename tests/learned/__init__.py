"""`make learned`: shapes of providers' bodies with their truth, and what `source learn` makes of each."""

from tests.learned import cloud_shapes, reported_shapes, session_shapes
from tests.learned.truth import Told


def all_shapes() -> list[Told]:
    """Return every shape."""
    return [*reported_shapes.SHAPES, *cloud_shapes.SHAPES, *session_shapes.SHAPES]

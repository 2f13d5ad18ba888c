"""A change of the views raises their version: else an older program would put its own in their place."""

from projections.clickhouse.views.release import CHECKSUM, checksum


def test_changed_views_have_a_version_of_their_own() -> None:
    """The checksum of the views is the one written down beside their version."""
    assert checksum() == CHECKSUM, (
        "projections/clickhouse/views/release.py: raise VERSION, and write this CHECKSUM down"
    )

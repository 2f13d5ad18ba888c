"""No view is published without being timed."""

from projections.clickhouse.views import FOLDER
from tests.bench.questions import about_a_week


def test_every_published_view_is_asked() -> None:
    """The benchmark has a question for each view that is published, and for no other."""
    published = {path.stem.partition("_")[2] for path in FOLDER.glob("*.sql") if "VIEW ${views}." in path.read_text()}
    assert set(about_a_week("2026-03-01", "2026-03-07")) == published

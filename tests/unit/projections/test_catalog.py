"""What is said of views to whoever asks what there is, and to whoever asks wrongly."""

import re

from projections.clickhouse.views import read_views
from projections.clickhouse.views.catalog import views, what_is_missing


def test_every_views_parameters_are_those_of_its_text() -> None:
    """The parameters listed are those that the engine finds in the statement, which its places bring along."""
    texts = read_views("store", "recibo", masked=True)
    for view in views():
        found = set(re.findall(r"\{(\w+):[\w()]+\}", texts[view.name]))
        assert found == set(view.parameters), view.name
        assert all(f"{name} = " in view.example for name in view.parameters), view.name


def test_a_view_asked_without_its_parameters_gets_a_sentence() -> None:
    """The sentence names the parameters, those that are missing, and gives an example."""
    sentence = what_is_missing("SELECT * FROM recibo.funnel")
    assert "time_zone, since, until" in sentence
    assert "Example: SELECT * FROM recibo.funnel(time_zone" in sentence
    assert "missing here: time_zone." in what_is_missing(
        "SELECT 1 FROM funnel(since = today() - 7, until = '2026-01-01')"
    )
    assert what_is_missing("SELECT * FROM recibo.messages WHERE nothing = 1") == ""

"""What is said of views to whoever asks what there is, and to whoever asks wrongly."""

import re
from itertools import chain

from projections.clickhouse.views import read_views
from projections.clickhouse.views.catalog import views, what_is_missing
from runtime.programs import CHECKOUT

_ROW = re.compile(r"^\| ((?:`\w+`(?:, )?)+) \| ((?:`\w+`(?:, )?)+) \|$", re.MULTILINE)


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


def test_the_page_for_data_teams_names_every_views_parameters() -> None:
    """Its table has each view that has parameters, with all of them, in the order of the examples."""
    page = (CHECKOUT / "docs" / "data-teams.md").read_text(encoding="utf-8")
    told = chain.from_iterable(
        ((view, tuple(re.findall(r"\w+", given))) for view in re.findall(r"\w+", named))
        for given, named in _ROW.findall(page)
    )
    assert dict(told) == {view.name: view.parameters for view in views() if view.parameters}


def test_every_view_that_has_days_is_asked_in_a_time_zone() -> None:
    """Whoever gives since and until says in which zone; but for days that are a column of the tables."""
    with_days = {view.name for view in views() if "since" in view.parameters}
    assert {view.name for view in views() if "time_zone" in view.parameters} == with_days - {"links_missing"}


def test_each_parameter_that_is_missing_is_named() -> None:
    """Whichever of a view's parameters a statement leaves out, the sentence says it."""
    for view in views():
        for left_out in view.parameters:
            given = ", ".join(f"{name} = 1" for name in view.parameters if name != left_out)
            sentence = what_is_missing(f"SELECT * FROM recibo.{view.name}({given})")
            assert f"missing here: {left_out}." in sentence, view.name
        whole = ", ".join(f"{name} = 1" for name in view.parameters)
        assert what_is_missing(f"SELECT * FROM {view.name}({whole})" if whole else f"SELECT * FROM {view.name}") == ""

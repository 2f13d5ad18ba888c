"""How far the tables have come. Pure."""

from typing import Final

from serving.queries import parameters as p
from serving.queries.question import Question, fixed, text

QUESTION: Final = Question(
    name="freshness",
    summary="How far each table has come, and how long ago that was: of the deployment, not of an account",
    view="freshness",
    source=fixed(
        "(SELECT what, max(f.newest_at) AS newest_at, min(f.seconds_ago) AS seconds_ago FROM $views.freshness AS f GROUP BY what)"
    ),
    columns=("what", "newest_at", "seconds_ago"),
    parameters=p.PAGING,
    keys=(text("what"),),
    is_of_accounts=False,
)

"""How long messages took from one status to another. Pure."""

from typing import Final

from serving.queries import parameters as p
from serving.queries.question import DAYS, Question, fixed, text

QUESTION: Final = Question(
    name="latencies",
    summary="How long messages took, by day, account, provider and pair of statuses",
    view="latencies",
    source=fixed(f"$views.latencies({DAYS})"),
    parameters=(p.ACCOUNT, p.PROVIDER, *p.DAYS, *p.PAGING),
    keys=(text("day"), text("account"), text("provider"), text("from_status"), text("to_status")),
)

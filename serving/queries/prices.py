"""What messages cost as the provider reports it: what an invoice is compared with. Pure."""

from typing import Final

from serving.queries import parameters as p
from serving.queries.question import DAYS, Question, fixed, text

QUESTION: Final = Question(
    name="prices",
    summary="Messages by day and price, as the provider reports it",
    view="prices",
    source=fixed(f"$views.prices({DAYS})"),
    parameters=(p.ACCOUNT, p.PROVIDER, *p.DAYS, *p.PAGING),
    keys=(*(text(c) for c in ("day", "account", "provider", "billable", "price_type", "category", "price_model")),),
)

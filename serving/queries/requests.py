"""HTTP requests as they were answered, refused ones too. Pure."""

from typing import Final

from serving.queries import parameters as p
from serving.queries.question import DAYS, Question, fixed, milliseconds, text

QUESTION: Final = Question(
    name="requests",
    summary="Requests and the answers given, the latest first",
    view="requests",
    source=fixed(f"$views.requests({DAYS})"),
    parameters=(
        p.ACCOUNT,
        p.SOURCE,
        p.equals("refusal", "Refused for one of these reasons."),
        p.equals("request_id", "With one of these ids."),
        *p.DAYS,
        *p.PAGING,
    ),
    keys=(milliseconds("received_at"), text("request_id")),
    pinned_by="received_at",
)

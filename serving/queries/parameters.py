"""The parameters that several questions have, each declared once. Pure."""

import datetime as dt
from typing import Annotated, Any, Final, Literal

from msgspec import Meta

from schemas.status import RANK
from serving.queries.question import Parameter

TEXT_LENGTH_MAX: Final = 256
VALUES_MAX: Final = 100
Text = Annotated[str, Meta(min_length=1, max_length=TEXT_LENGTH_MAX, pattern="^[^\\u0000-\\u001f\\u007f]+$")]
Day = dt.date
FIRST_DAY: Final = dt.date(2009, 1, 1)
LAST_DAY: Final = dt.date(2099, 12, 31)
Status = Literal[tuple(RANK)]  # type: ignore[valid-type]  # the one list of them
PAGE_ROWS_MAX: Final = 500
PAGE_ROWS: Final = 50
FORMATS: Final = ("json", "csv", "jsonl", "parquet")

ACCOUNT: Final = Parameter(
    name="account",
    kind=list[Text],
    meaning="Only these accounts, of those that the token sees.",
    condition="account IN {account:Array(String)}",
)
TIME_ZONE: Final = Parameter(
    name="time_zone",
    kind=Annotated[str, Meta(pattern="^[A-Za-z0-9_+/-]{1,64}$")],
    meaning="IANA name of the zone that days are in.",
    default="America/Sao_Paulo",
)
SINCE: Final = Parameter(name="since", kind=Day, meaning="First day, included. Without: six days before `until`.")
UNTIL: Final = Parameter(name="until", kind=Day, meaning="Last day, included. Without: today.")
DAYS: Final = (SINCE, UNTIL, TIME_ZONE)

NUMBERS: Final = Parameter(
    name="numbers",
    kind=bool,
    meaning="false: numbers masked, and no look is noted. Without: in full where the token's role may see them.",
)
LIMIT: Final = Parameter(
    name="limit", kind=Annotated[int, Meta(ge=1, le=PAGE_ROWS_MAX)], meaning="Rows of a page.", default=PAGE_ROWS
)
CURSOR: Final = Parameter(
    name="cursor",
    kind=Annotated[str, Meta(min_length=1, max_length=4_096)],
    meaning="`next` or `previous` of a page; the other parameters are to be those of that page.",
)
FORMAT: Final = Parameter(
    name="format",
    kind=Literal[FORMATS],
    meaning="json: a page. csv (safe from formulas), jsonl, parquet: the whole list, streamed.",
    default="json",
)
PAGING: Final = (LIMIT, CURSOR, FORMAT)


def equals(name: str, meaning: str, column: str = "", kind: Any = Text) -> Parameter:
    """Return a parameter that a column has to be one of."""
    return Parameter(
        name=name, kind=list[kind], meaning=meaning, condition=f"{column or name} IN {{{name}:Array(String)}}"
    )


CONNECTION: Final = equals("connection", "Sent by one of these connections.", "connection_id")
CAMPAIGN: Final = equals("campaign", "Of one of these campaigns.")
PROVIDER: Final = equals("provider", "Reported by one of these providers.")
SOURCE: Final = equals("source", "Posted to one of these sources.")
STATUS: Final = equals("status", "With one of these statuses.", kind=Status)

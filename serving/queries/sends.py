"""Sends: what senders, panels and invoices say was sent, each with the class that it was last compared to. Pure."""

from typing import Annotated, Final

from msgspec import Meta

from schemas.send import ROLES
from serving.queries import parameters as p
from serving.queries.question import Key, Parameter, Question, fixed, milliseconds, text

TagPair = Annotated[str, Meta(pattern="^[^=\\u0000-\\u001f\\u007f]{1,256}=[^\\u0000-\\u001f\\u007f]{1,256}$")]
TAGGED: Final = "hasAny(arrayMap((k, v) -> concat(k, '=', v), mapKeys(tags), mapValues(tags)), {tag:Array(String)})"
"""Whether a send has one of the tags that were asked for."""

QUESTION: Final = Question(
    name="sends",
    summary="What was said to be sent, the latest said first, and what it came to when it was last compared",
    view="sends",
    source=fixed("$views.sends"),
    parameters=(
        p.ACCOUNT,
        p.equals("manifest", "Of one of these files, tables or requests."),
        p.equals("role", "Said by one of these: " + ", ".join(ROLES) + "."),
        p.equals("class", "Of one of these classes when last compared."),
        p.equals("reference", "With one of these references."),
        p.equals("id", "With one of these message ids.", "message_id"),
        p.CAMPAIGN,
        Parameter(
            name="tag",
            kind=list[TagPair],
            meaning="With one of these tags, as `order_id=A-17`. Of long digits the last ones alone are shown and found.",
            condition=TAGGED,
        ),
        p.NUMBERS,
        *p.PAGING,
    ),
    keys=(milliseconds("said_at"), text("account"), text("manifest"), Key("toInt64(row)", is_number=True)),
    pinned_by="said_at",
    shows_numbers=True,
)

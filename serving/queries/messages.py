"""Messages: by an id, a reference, a person in any spelling, or by day, campaign, template, connection and status. Pure."""

from typing import Annotated, Final

from msgspec import Meta

from schemas.access import Scope
from schemas.phone import search_forms
from serving.queries import parameters as p
from serving.queries.question import DAYS, Asked, Bound, Parameter, Question, milliseconds, text
from serving.queries.sends import TAGGED, TagPair

FOUND_BY: Final = ("text", "id", "reference", "identity")
COLUMNS: Final = (
    *("account", "message_id", "anchor_day", "status", "first_at", "last_event_at"),
    *("queued_at", "created_at", "sent_at", "delivered_at", "read_at", "failed_at"),
    *("first_received_at", "last_received_at", "provider", "connection_id"),
    *("recipient", "recipient_kind", "line", "identities", "client_ref", "campaign", "template", "aliases"),
    *("failure_status", "failure_category", "failure_code", "failure_title", "conflict", "delivered_inferred"),
)
"""Of a message in a list; one message alone has all of the view's."""


_TAGGED_SENDS: Final = f"$views.sends_found(texts = {{tag_texts:Array(String)}}) WHERE {TAGGED}"
_HAS_TAG: Final = (
    f"((account, message_id) IN (SELECT account, message_id FROM {_TAGGED_SENDS} AND message_id != '')"  # noqa: S608 - words of ours
    f" OR (account, client_ref) IN (SELECT account, reference FROM {_TAGGED_SENDS} AND reference != ''))"
)


def _source(asked: Asked) -> str:
    if asked.keys() & set(FOUND_BY):
        found = "$views.messages_found(texts = {texts:Array(String)})"
        days = "toDate(first_at, {time_zone:String}) BETWEEN {since:Date} AND {until:Date}"
        return f"(SELECT * FROM {found} WHERE {days})" if "since" in asked else found  # noqa: S608 - words of ours
    return f"$views.messages_of_days({DAYS})"


def _bind(asked: Asked) -> Bound:
    tags = {"tag_texts": sorted({pair.partition("=")[2] for pair in asked.get("tag", ())})}
    name = next((name for name in FOUND_BY if name in asked), "")
    if not name:
        return tags
    given = str(asked[name]).strip()
    is_person = name in {"text", "identity"}
    return tags | {"texts": sorted({given, *(search_forms(given, asked["region"].upper()) if is_person else ())})}


def _refuse(asked: Asked) -> str:
    given = [name for name in FOUND_BY if name in asked]
    return f"give one of {', '.join(FOUND_BY)}, not {' and '.join(given)}" if len(given) > 1 else ""


QUESTION: Final = Question(
    name="messages",
    summary="Messages, the latest first, by whatever is known of them",
    view="messages",
    source=_source,
    bind=_bind,
    refuse=_refuse,
    columns=COLUMNS,
    parameters=(
        Parameter(name="text", kind=p.Text, meaning="An id, a reference, or (with scope numbers) a person."),
        Parameter(
            name="id",
            kind=p.Text,
            meaning="Any id that the message goes by.",
            condition="(message_id = {id:String} OR has(aliases, {id:String}))",
        ),
        Parameter(
            name="reference",
            kind=p.Text,
            meaning="The sender's own reference.",
            condition="client_ref = {reference:String}",
        ),
        Parameter(
            name="identity",
            kind=p.Text,
            meaning="A number in any spelling, a lid, a business-scoped id or a JID: messages to that person.",
            needs=Scope.NUMBERS,
        ),
        Parameter(
            name="region",
            kind=Annotated[str, Meta(pattern="^[A-Za-z]{2}$")],
            meaning="Country (ISO 3166) of numbers written without a country code.",
            default="BR",
        ),
        p.ACCOUNT,
        p.STATUS,
        p.CONNECTION,
        p.CAMPAIGN,
        p.equals("template", "Of one of these templates."),
        Parameter(
            name="tag",
            kind=list[TagPair],
            meaning="Whose send has one of these tags, as `order_id=A-17`: found by its reference or message id.",
            condition=_HAS_TAG,
        ),
        p.PROVIDER,
        *p.DAYS,
        p.NUMBERS,
        *p.PAGING,
    ),
    keys=(milliseconds("first_at"), text("account"), text("message_id"), text("anchor_day")),
    pinned_by="first_received_at",
    changed_by="last_received_at",
    shows_numbers=True,
)

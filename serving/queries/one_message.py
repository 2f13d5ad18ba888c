"""One message, or several at once: its facts, everything that came about it, and whether its connection is open now. It runs nothing."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from schemas.causes.catalogue import LANGUAGES
from schemas.causes.sentences import Connection, sentence
from schemas.providers import PROVIDERS
from schemas.status import ConnectionStatus
from serving.queries.statement import WITHIN, Reach, Statement, within

Row = dict[str, Any]
AUDIENCES: Final = {"support": "agent", "customer": "customer"}
"""Whom a sentence is for → what `schemas/causes/sentences.py` calls that."""

_FACTS: Final = (
    "SELECT arrayJoin(arrayIntersect(arrayPushFront(f.aliases, f.message_id), {{ids:Array(String)}})) AS asked, f.*"
    " FROM {views}.messages_found(texts = {{ids:Array(String)}}) AS f WHERE {within} AND account = {{account:String}}"
    " ORDER BY last_event_at DESC, anchor_day DESC LIMIT 1 BY asked"
)
_TIMELINES: Final = (
    "SELECT * FROM {views}.timelines(account = {{account:String}}, message_ids = {{ids:Array(String)}})"
    " WHERE {{sees_all:UInt8}} OR {{account:String}} IN {{of_accounts:Array(String)}}"
    " ORDER BY occurred_at, at, log_partition, log_offset LIMIT 1000 BY asked"
)
_TIMELINE: Final = (
    "SELECT {{message_id:String}} AS asked, t.*"
    " FROM {views}.timeline(account = {{account:String}}, message_id = {{message_id:String}}) AS t"
    " WHERE {{sees_all:UInt8}} OR {{account:String}} IN {{of_accounts:Array(String)}} LIMIT 1000"
)
_CONNECTIONS: Final = (
    "SELECT connection_id, status FROM {views}.connections WHERE {within} AND account = {{account:String}}"
    " AND connection_id IN {{connections:Array(String)}}"
)
_SENDS: Final = (
    "SELECT * FROM {views}.sends_found(texts = {{texts:Array(String)}}) WHERE {within} AND account = {{account:String}}"
    " AND (message_id IN {{ids:Array(String)}} OR reference IN {{references:Array(String)}})"
    " ORDER BY said_at DESC, manifest, row LIMIT 100 BY message_id, reference LIMIT 10000"
)
_SENDS_MAX: Final = 100
"""Of one message."""


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of one message."""

    message: Row
    timeline: list[Row]
    sends: list[Row]
    connected: Connection


def facts(reach: Reach, account: str, ids: Sequence[str]) -> Statement:
    """Return the statement that finds messages by any ids that they go by; `asked` is the id that a row is found by."""
    return _of(_FACTS, reach, {"ids": list(ids), "account": account})


def timelines(reach: Reach, account: str, ids: Sequence[str]) -> Statement:
    """Return the statement for all that came about messages, in order; `asked` is the id that leads to a row."""
    if len(ids) == 1:
        return _of(_TIMELINE, reach, {"account": account, "message_id": ids[0]})
    return _of(_TIMELINES, reach, {"account": account, "ids": list(ids)})


def connections(reach: Reach, account: str, messages: Iterable[Row]) -> Statement:
    """Return the statement for the latest reports of the connections that sent messages."""
    named = sorted({message["connection_id"] for message in messages})
    return _of(_CONNECTIONS, reach, {"account": account, "connections": named})


def sends(reach: Reach, account: str, messages: Iterable[Row]) -> Statement:
    """Return the statement for what was said of sending messages, by any of their ids or their references, with the tags."""
    ids: set[str] = set()
    references: set[str] = set()
    for message in messages:
        ids |= _ids(message)
        references |= {message["client_ref"] or ""} - {""}
    bound = {"texts": sorted(ids | references), "ids": sorted(ids), "references": sorted(references)}
    return _of(_SENDS, reach, {**bound, "account": account})


def by_asked(rows: Iterable[Row]) -> dict[str, list[Row]]:
    """Return `asked` → the rows of it, without that column."""
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(row.pop("asked"), []).append(row)
    return found


def known(message: Row, timeline: list[Row], reports: Sequence[Row], sent: Sequence[Row]) -> Known:
    """Return what is known of a message, of the reports and sends of several."""
    ids, reference = _ids(message), message["client_ref"] or None
    own = [send for send in sent if send["message_id"] in ids or send["reference"] == reference]
    of_connection = [report for report in reports if report["connection_id"] == message["connection_id"]]
    return Known(message, timeline, own[:_SENDS_MAX], is_open(message, of_connection))


def _ids(message: Row) -> set[str]:
    return {message["message_id"], *message["aliases"]}


def is_open(message: Row, reports: list[Row]) -> Connection:
    """Return whether the number that sent a message is connected now; one without sessions counts as open."""
    provider = PROVIDERS.get(message["provider"])
    if provider and provider.reports.get("logout") == "never":
        return "open"
    return ("open" if reports[0]["status"] == ConnectionStatus.CONNECTED else "closed") if reports else "unknown"


def sentences(message: Row, connected: Connection) -> dict[str, dict[str, str]]:
    """Return language → whom it is for → the sentence on what became of a message."""
    said = (message["status"], message["failure_category"], connected)
    return {
        language: {whom: sentence(*said, audience, language) for whom, audience in AUDIENCES.items()}  # type: ignore[arg-type]  # of the two tables of words
        for language in LANGUAGES
    }


def _of(sql: str, reach: Reach, bound: Row) -> Statement:
    return Statement(sql.format(views=reach.views, within=WITHIN), {**bound, **within(reach.token)}, reach.role)

"""One message: its facts, everything that came about it, and whether its connection is open now. It runs nothing."""

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
    "SELECT * FROM {views}.messages_found(texts = {{texts:Array(String)}}) WHERE {within} AND account = {{account:String}}"
    " AND (message_id = {{message_id:String}} OR has(aliases, {{message_id:String}}))"
    " ORDER BY last_event_at DESC, anchor_day DESC LIMIT 1"
)
_TIMELINE: Final = (
    "SELECT * FROM {views}.timeline(account = {{account:String}}, message_id = {{message_id:String}})"
    " WHERE {{sees_all:UInt8}} OR {{account:String}} IN {{of_accounts:Array(String)}} LIMIT 1000"
)
_CONNECTION: Final = (
    "SELECT status FROM {views}.connections WHERE {within} AND account = {{account:String}}"
    " AND connection_id = {{connection_id:String}}"
)

_SENDS: Final = (
    "SELECT * FROM {views}.sends_found(texts = {{texts:Array(String)}}) WHERE {within} AND account = {{account:String}}"
    " AND (message_id IN {{ids:Array(String)}} OR reference = {{reference:String}} AND reference != '')"
    " ORDER BY said_at DESC, manifest, row LIMIT 100"
)


def facts(reach: Reach, account: str, message_id: str) -> Statement:
    """Return the statement that finds a message by any id it goes by."""
    bound = {"texts": [message_id], "account": account, "message_id": message_id}
    return _of(_FACTS, reach, bound)


def timeline(reach: Reach, account: str, message_id: str) -> Statement:
    """Return the statement for all that came about a message, in order."""
    return _of(_TIMELINE, reach, {"account": account, "message_id": message_id})


def connection(reach: Reach, message: Row) -> Statement:
    """Return the statement for the latest report of the connection that sent a message."""
    return _of(_CONNECTION, reach, {name: message[name] for name in ("account", "connection_id")})


def sends(reach: Reach, message: Row) -> Statement:
    """Return the statement for what was said of sending a message, by any of its ids or its reference, with the tags."""
    ids = sorted({message["message_id"], *message["aliases"]})
    reference = message["client_ref"] or ""
    bound = {"texts": [*ids, reference], "ids": ids, "reference": reference, "account": message["account"]}
    return _of(_SENDS, reach, bound)


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

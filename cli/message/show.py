"""What `recibo message` prints."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from rich.console import Console
from rich.table import Table

from cli._terminal import Terminal
from cli.message.failure import failure_facts, what_came_with_it
from operations.lookup import Found, Row, people
from schemas.causes.sentences import Connection, Language, sentence
from schemas.phone import lines, read_number
from schemas.status import RANK

_ABOUT: Final = ("connection_id", "client_ref", "campaign", "pricing", "provider", "sources", "aliases")
_SENTENCES: Final = {
    "en": {"agent": "in short", "customer": "for the customer"},
    "pt": {"agent": "em resumo", "customer": "para o cliente"},
}
_LABELS: Final = {"connection_id": "connection", "client_ref": "reference", "aliases": "also known as"}


def show_found(text: str, found: Found, region: str) -> None:
    """Print how `text` was read, and the list of what was found where that is not one message."""
    console = _console()
    readings = lines(text, region)
    if len(readings) > 1:
        console.print(
            f"{text} can be a number of {len(readings)} lines, {' and '.join(readings)}: both are shown.",
            style="yellow",
        )
    if found.total == 1:
        return
    console.print(f"{found.total} messages, the latest first. For one of them: recibo message MESSAGE")
    of_recipient = people(found, region)
    table = Table()
    for heading in (
        "account",
        "message",
        "status",
        "recipient",
        "reference",
        "first received (UTC)",
        "last received (UTC)",
    ):
        table.add_column(heading, overflow="fold")
    for m in found.messages:
        table.add_row(
            m["account"],
            m["message_id"],
            _status(m),
            _recipient(m["recipient"], of_recipient.get(m["recipient"], ())),
            m["client_ref"],
            f"{m['first_received_at']:%Y-%m-%d %H:%M:%S}",
            f"{m['last_received_at']:%Y-%m-%d %H:%M:%S}",
        )
    console.print(table)
    if found.total > len(found.messages):
        console.print(
            f"{found.total - len(found.messages)} older ones are not listed: narrow it by --account, or use SQL"
        )


def show_message(message: Row, timeline: Sequence[Row], connection: Connection, language: Language) -> None:
    """Print what became of one message, in a sentence for support and one for the customer; its facts; and what came about it.

    Args:
        message: row of the view `messages`.
        timeline: rows of the view `timeline`.
        connection: whether the number that sent it is connected now.
        language: of the sentences, and of what to do.
    """
    console = _console()
    number = read_number(message["recipient"])
    where = (
        f"{number.e164} {number.region}".strip() if message["recipient_kind"] == "phone" else message["recipient_kind"]
    )
    for audience in ("agent", "customer"):
        said = sentence(message["status"], message["failure_category"], connection, audience, language)
        console.print(f"{_SENTENCES[language][audience]:<18}{said}", soft_wrap=True)
    console.print()
    facts: list[tuple[str, Any]] = [
        ("message", message["message_id"]),
        ("account", message["account"]),
        ("status", _status(message)),
        ("recipient", f"{message['recipient']}  {where}".strip()),
    ]
    names = [f"{value} ({kind})" for kind, value in message["identities"] if value != message["recipient"]]
    facts += [("also named", ", ".join(names))]
    facts += [(_LABELS.get(name, name), _joined(message[name])) for name in _ABOUT]
    facts += [(status, _time(message[f"{status}_at"])) for status in RANK]
    facts += failure_facts(message, timeline, language)
    if message["delivered_inferred"]:
        facts += [("note", "read was reported and delivered was not: it was delivered all the same")]
    if message["absurd_time"]:
        facts += [("note", "at least one event had an absurd time: its time of receipt stands in")]
    for name, value in facts:
        if value:
            console.print(f"{name:<18}{value}", soft_wrap=True)
    table = Table(title="What came, in the order in which it happened (UTC)", title_justify="left")
    for heading in ("happened", "received", "status", "their word", "outcome", "source", "why"):
        table.add_column(heading, overflow="fold")
    for event in timeline:
        why = event["why"] or what_came_with_it(event)
        happened = _time(event["occurred_at"]) if event["time_source"] != "received" else "as received"
        table.add_row(
            happened,
            _time(event["received_at"]),
            event["status"],
            event["provider_status"],
            event["outcome"],
            event["source"],
            why,
        )
    console.print(table)


def _console() -> Console:
    return Terminal(highlight=False)  # made when it is written to: it keeps the width it finds


def _status(message: Row) -> str:
    conflict = f" ({message['failure_status']} was reported too)" if message["conflict"] else ""
    return f"{message['status']}{conflict}"


def _recipient(recipient: str, its_lines: tuple[str, ...]) -> str:
    return f"{recipient} (ambiguous: {' or '.join(its_lines)})" if len(its_lines) > 1 else recipient


def _joined(value: Any) -> str:
    return ", ".join(value) if isinstance(value, list) else str(value)


def _time(at: datetime | None) -> str:
    return "" if at is None else at.strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]

"""Finding messages by whatever a person has of them: an id, a number in any notation, a reference."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import ClickHouseError

from runtime.clickhouse.client import connect
from runtime.clickhouse.settings import ClickHouseSettings
from schemas.causes.sentences import Connection
from schemas.errors import DeploymentError
from schemas.phone import lines, search_forms
from schemas.providers import PROVIDERS
from schemas.status import ConnectionStatus

LISTED_MAX: Final = 50
"""Messages listed, the latest first."""
Row = dict[str, Any]
"""A row of a view, column → value."""

_FACTS: Final = (
    "SELECT *, count() OVER () AS found_in_all FROM {database}.messages_found(texts = {{forms:Array(String)}})"
    " WHERE account LIKE {{account:String}} ORDER BY last_event_at DESC, message_id LIMIT {limit}"
)
_CONNECTION: Final = "SELECT status FROM {database}.connections WHERE account = {{account:String}} AND connection_id = {{connection_id:String}}"
_TIMELINE: Final = "SELECT * FROM {database}.timeline(account = {{account:String}}, message_id = {{message_id:String}})"


@dataclass(frozen=True, slots=True)
class Found:
    """What was found."""

    forms: tuple[str, ...]
    """What was looked for."""
    messages: list[Row]
    """Rows of the view `messages`, the latest first, at most LISTED_MAX."""
    total: int
    """How many there are."""


class Lookup:
    """The views of one deployment, asked for single messages."""

    def __init__(self, client: Client, database: str) -> None:
        """Ask `database`: `recibo_numbers`, or `recibo` where numbers have to stay masked."""
        self._client = client
        self._database = database

    def messages(self, text: str, region: str, account: str) -> Found:
        """Return the messages that `text` names, in whatever notation.

        Args:
            text: an id that a message goes by, a number, or a reference.
            region: country whose national notation a number may have.
            account: whose messages; "" for all.
        """
        forms = tuple(sorted({text.strip(), *search_forms(text, region)}))
        rows = self._rows(forms, account)
        return Found(forms, rows, rows[0]["found_in_all"] if rows else 0)

    def timeline(self, message: Row) -> list[Row]:
        """Return everything that came about a message, in order."""
        names = {name: message[name] for name in ("account", "message_id")}
        return self._query(_TIMELINE.format(database=self._database), names)

    def connection(self, message: Row) -> Connection:
        """Return whether the number or session that sent a message is connected now, by its latest report.

        A provider that has no sessions never says so: its number counts as open.
        """
        provider = PROVIDERS.get(message["provider"])
        if provider and provider.reports.get("logout") == "never":
            return "open"
        names = {name: message[name] for name in ("account", "connection_id")}
        rows = self._query(_CONNECTION.format(database=self._database), names)
        return ("open" if rows[0]["status"] == ConnectionStatus.CONNECTED else "closed") if rows else "unknown"

    def _rows(self, forms: Sequence[str], account: str) -> list[Row]:
        statement = _FACTS.format(database=self._database, limit=LISTED_MAX)
        return self._query(statement, {"forms": list(forms), "account": _like(account)})

    def _query(self, statement: str, parameters: Row) -> list[Row]:
        return list(self._client.query(statement, parameters=parameters).named_results())


def ask(
    clickhouse: ClickHouseSettings, database: str, text: str, region: str, account: str
) -> tuple[Found, list[Row], Connection]:
    """Return what `text` names (see `Lookup.messages`); where that is one message, its timeline and its connection now.

    Raises:
        DeploymentError: ClickHouse does not answer, or has not these views.
    """
    try:
        with connect(clickhouse) as client:
            lookup = Lookup(client, database)
            found = lookup.messages(text, region, account)
            if found.total != 1:
                return found, [], "unknown"
            message = found.messages[0]
            return found, lookup.timeline(message), lookup.connection(message)
    except ClickHouseError as error:
        raise DeploymentError(
            f"ClickHouse at {clickhouse.address} cannot be queried: {str(error)[:300]}; "
            "check that `recibo up` is running and its tables exist"
        ) from error


def people(found: Found, region: str) -> dict[str, tuple[str, ...]]:
    """Return recipient → the lines it can be read as, of every recipient that was found. Two lines: ambiguous."""
    return {m["recipient"]: lines(m["recipient"], region) for m in found.messages if m["recipient"]}


def _like(account: str) -> str:
    """Return a LIKE pattern of one account, or of all."""
    return account.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") or "%"

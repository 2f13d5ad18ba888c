"""Which ClickHouse, as whom, and which databases in it: read once from the environment."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Final
from urllib.parse import SplitResult, urlsplit

from msgspec import Meta

from runtime.clickhouse.topology import Topology
from runtime.setting_types import Variable
from schemas.errors import ConfigurationError

STORE: Final = "recibo_store"
"""Database of the tables, unless settings say otherwise."""
VIEWS: Final = "recibo"
"""Database of the views, likewise."""

LOG_COMMENT: Final = "recibo projections"
"""Stands in the engine's query log beside what the projections insert; the local engine gives that a lane of its own."""

BATCH_AGE_MS: Final = {"here": 200, "server": 1_000, "cloud": 5_000}
"""By where the engine is: a server wants an insert a second at most of each table, and Cloud is paid by the insert."""
_THIS_MACHINE: Final = frozenset({"127.0.0.1", "localhost", "::1"})

ClickHouseUrl = Annotated[
    str,
    Variable("CLICKHOUSE_URL"),
    Meta(
        pattern=r"^https?://([^\s/]*@)?(\[[0-9A-Fa-f:.]+\]|[^\s/@:\[\]]+)(:\d+)?(/[^\s?#]*)?$",
        description="http://host:port or https://user:password@host:port",
    ),
]
Database = Annotated[str, Meta(pattern=r"^[a-z_][a-z0-9_]{0,62}$", description="lower-case letters, digits and _")]


@dataclass(frozen=True, slots=True)
class ClickHouseSettings:
    """The engine and the databases in it. Every process and command reads the same variables."""

    url: ClickHouseUrl = field(default="http://127.0.0.1:8123", repr=False)
    """`http(s)://[user:password@]host[:port][/database]`."""
    username: Annotated[str, Variable("CLICKHOUSE_USER")] = "default"
    """The user, where the URL names none."""
    password: Annotated[str, Variable("CLICKHOUSE_PASSWORD")] = field(default="", repr=False)
    """Its password, where the URL has none."""
    password_file: Annotated[Path | None, Variable("CLICKHOUSE_PASSWORD_FILE")] = None
    """A file that holds the password instead; read whenever a client is made."""
    ca_file: Annotated[Path | None, Variable("CLICKHOUSE_CA_FILE")] = None
    """With https: PEM certificates to trust; without, those that Python trusts."""
    cert_file: Annotated[Path | None, Variable("CLICKHOUSE_CERT_FILE")] = None
    """With https: PEM certificate by which this client proves who it is."""
    key_file: Annotated[Path | None, Variable("CLICKHOUSE_KEY_FILE")] = None
    """With https: PEM private key of that certificate."""
    database: Annotated[Database, Variable("RECIBO_PROJECTIONS_STORE")] = STORE
    """Database of the tables; a rebuild writes into a shadow of it."""
    views_database: Annotated[Database, Variable("RECIBO_CLICKHOUSE_VIEWS")] = VIEWS
    """Database of the views that data teams are granted; the same with numbers in full is `…_numbers`."""

    time_zone: Annotated[str, Variable("RECIBO_CLICKHOUSE_TIME_ZONE"), Meta(pattern=r"^[A-Za-z0-9_+/-]{1,64}$")] = (
        "America/Sao_Paulo"
    )
    """IANA name of the zone that the days of `…_bi` are in: views there have no parameters."""
    topology: Topology = field(default_factory=Topology)
    """What kind of ClickHouse it is: RECIBO_CLICKHOUSE_TOPOLOGY and its like."""

    def __post_init__(self) -> None:
        parts = urlsplit(self.url)
        if parts.scheme not in {"http", "https"} or not parts.hostname or not _has_port(parts):
            raise ConfigurationError(
                "CLICKHOUSE_URL is no address: write http://host:port or https://user:password@host:port, "
                "with %40 %2F %23 for @ / # in a password"
            )
        if self.password and self.password_file:
            raise ConfigurationError("CLICKHOUSE_PASSWORD and CLICKHOUSE_PASSWORD_FILE: set one of them")
        if bool(self.cert_file) != bool(self.key_file):
            raise ConfigurationError("CLICKHOUSE_CERT_FILE and CLICKHOUSE_KEY_FILE: set both, or neither")
        if (self.ca_file or self.cert_file) and parts.scheme != "https":
            raise ConfigurationError("CLICKHOUSE_CA_FILE and CLICKHOUSE_CERT_FILE are for https: see CLICKHOUSE_URL")
        if self.database == self.views_database:
            raise ConfigurationError("RECIBO_PROJECTIONS_STORE and RECIBO_CLICKHOUSE_VIEWS: choose two databases")

    @property
    def address(self) -> str:
        """The URL without who asks: fit to be shown."""
        parts = urlsplit(self.url)
        return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()

    @property
    def batch_age_ms(self) -> int:
        """How long rows had best be gathered before they are inserted, ms."""
        if self.topology.kind == "cloud":
            return BATCH_AGE_MS["cloud"]
        is_here = self.topology.kind == "plain" and urlsplit(self.url).hostname in _THIS_MACHINE
        return BATCH_AGE_MS["here" if is_here else "server"]

    @property
    def numbers_database(self) -> str:
        """Database of the views with numbers in full."""
        return numbers_database(self.views_database)


def bi_database(views: str) -> str:
    """Return the database with daily views without parameters, for tools that click, beside database `views`."""
    return f"{views}_bi"


def numbers_database(views: str) -> str:
    """Return the database with the same views as database `views`, numbers in full."""
    return f"{views}_numbers"


def _has_port(parts: SplitResult) -> bool:
    """Return whether a URL's port is one, or left out."""
    try:
        return parts.port != 0
    except ValueError:
        return False

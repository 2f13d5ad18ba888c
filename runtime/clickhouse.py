"""The edge to ClickHouse: its settings, and the one place where its clients are made (over HTTP or HTTPS)."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Final
from urllib.parse import unquote, urlsplit

import clickhouse_connect
from clickhouse_connect.driver.client import Client
from msgspec import Meta

from runtime.secret_file import read_secret
from runtime.settings import Variable
from schemas.errors import ConfigurationError

CONNECT_TIMEOUT_S: Final = 5
STORE: Final = "recibo_store"
"""Database of the tables, unless settings say otherwise."""
VIEWS: Final = "recibo"
"""Database of the views, likewise."""

Database = Annotated[str, Meta(pattern=r"^[a-z_][a-z0-9_]{0,62}$")]


@dataclass(frozen=True, slots=True)
class ClickHouseSettings:
    """The engine and the databases in it. Every process and command reads the same variables."""

    url: Annotated[str, Variable("CLICKHOUSE_URL")] = field(default="http://127.0.0.1:8123", repr=False)
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

    def __post_init__(self) -> None:
        parts = urlsplit(self.url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ConfigurationError(
                f"CLICKHOUSE_URL={self.address!r}: write http://host:port or https://user:password@host:port"
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
    def numbers_database(self) -> str:
        """Database of the views with numbers in full."""
        return numbers_database(self.views_database)


def numbers_database(views: str) -> str:
    """Return the database with the same views as database `views`, numbers in full."""
    return f"{views}_numbers"


def connect(
    clickhouse: ClickHouseSettings, *, database: str = "", timeout_s: int = 120, settings: dict[str, Any] | None = None
) -> Client:
    """Return a client. Without a session, so several threads may share it.

    Args:
        clickhouse: which engine, as whom.
        database: where names without a database are looked up; "": that of the URL, or the user's default.
        timeout_s: how long one statement may take to answer.
        settings: ClickHouse settings sent with every statement.

    Raises:
        clickhouse_connect.driver.exceptions.Error: the engine cannot be reached.
        ConfigurationError: the password's file cannot be read.
    """
    parts = urlsplit(clickhouse.url)
    secure = parts.scheme == "https"
    return clickhouse_connect.get_client(
        host=parts.hostname,
        port=parts.port or (8443 if secure else 8123),
        username=unquote(parts.username or "") or clickhouse.username,
        password=unquote(parts.password or "") or password_of(clickhouse),
        secure=secure,
        database=database or parts.path.strip("/") or "__default__",
        compress="lz4",
        connect_timeout=CONNECT_TIMEOUT_S,
        send_receive_timeout=timeout_s,
        autogenerate_session_id=False,
        settings=settings or {},
        ca_cert=_text(clickhouse.ca_file),
        client_cert=_text(clickhouse.cert_file),
        client_cert_key=_text(clickhouse.key_file),
    )


def password_of(clickhouse: ClickHouseSettings) -> str:
    """Return the password that the settings hold or lead to. Raises ConfigurationError: its file cannot be read."""
    if clickhouse.password_file is None:
        return clickhouse.password
    return read_secret(clickhouse.password_file, "CLICKHOUSE_PASSWORD_FILE")


def _text(path: Path | None) -> str | None:
    return str(path) if path else None

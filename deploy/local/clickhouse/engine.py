"""The engine: one directory, a handle of its own for every statement.

A handle costs 0.3 ms (measured) and carries the settings, database and limits of its one statement, so nothing
leaks from one request into the next, and a slow reader holds nobody else's handle.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from pathlib import Path

from chdb.state.sqlitelike import Connection

from deploy.local.clickhouse.errors import EngineError, refusal
from deploy.local.clickhouse.permissions import forbidden, forbidden_in_values, reaching_outside
from deploy.local.clickhouse.statement import VALUES, Statement, goes_on_after_values, output_format
from runtime.clickhouse.settings import LOG_COMMENT

_STATEMENTS_KNOWN_MAX = 1_024
"""Texts whose permission is remembered: clients ask the same again and again."""


SCRATCH = "scratch"
"""Where names without a database are looked up: in chDB's `default` every file of the machine is a table."""


class Lane(Enum):
    """Statements that wait for one another, and never for those of another lane."""

    INSERT = "insert"
    """Rows that come with the statement."""
    LINK = "link"
    """What the projections insert of what is in the tables: states wait for it."""
    COPY = "copy"
    """Likewise of anyone else: may take long."""
    CHANGE = "change"
    READ = "read"
    BRIEF = "brief"
    """Control statements (KILL, SYSTEM), and questions about tables: every insert of a client asks one first."""


@dataclass(frozen=True, slots=True)
class Request:
    """A statement with what it is to run under. `parameters` are `{name:Type}` values in ClickHouse's escaping."""

    statement: Statement
    lane: Lane
    settings: Mapping[str, str]
    parameters: Mapping[str, str]
    database: str = ""
    default_format: str = "TabSeparated"


@dataclass(frozen=True, slots=True)
class Answer:
    """A statement's result. `format` is None where the statement has no result at all."""

    body: bytes
    format: str | None
    rows_read: int
    bytes_read: int
    rows_written: int
    bytes_written: int
    seconds: float


class _Asked:
    """A statement as it is known again. Values of parameters can name a table or a function only where one is an Identifier."""

    def __init__(self, text: str, parameters: Mapping[str, str]) -> None:
        self.text = text
        self.parameters = parameters
        self.same = (text, tuple(parameters.items()) if "identifier" in text.lower() else ())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Asked) and self.same == other.same

    def __hash__(self) -> int:
        return hash(self.same)


class Engine:
    """chDB on one directory. Thread-safe; all methods block."""

    def __init__(self, directory: Path) -> None:
        self._path = str(directory.resolve())
        self._anchor = Connection(self._path)  # the engine lives while any handle is open
        self._anchor.query(f"CREATE DATABASE IF NOT EXISTS {SCRATCH} ENGINE = Atomic")
        self.version, self.timezone = self._scalar("version()"), self._scalar("timezone()")
        self._outside = reaching_outside(*map(self._names, ("table_functions", "table_engines", "database_engines")))
        self._forbidden = lru_cache(_STATEMENTS_KNOWN_MAX)(self._look_up_forbidden)

    def lane(self, statement: Statement, settings: Mapping[str, str]) -> Lane:
        """Return where a statement waits. One that cannot be parsed goes with the readers, to fail there."""
        if statement.rows is not None:
            return Lane.INSERT
        if statement.copies_rows():
            return Lane.LINK if settings.get("log_comment") == LOG_COMMENT else Lane.COPY
        kind = self._anchor._conn.classify_query(statement.sql)["query_class"]  # noqa: SLF001 - not offered elsewhere
        if kind.name == "CONTROL" or statement.asks_about_tables():
            return Lane.BRIEF
        return Lane.READ if kind.name in {"READ_ONLY", "UNKNOWN"} else Lane.CHANGE

    def run(self, request: Request) -> Answer:
        """Run one statement.

        Raises:
            EngineError: it failed, or callers may not run it.
        """
        self._require_allowed(request.statement, request.parameters)
        try:
            with Connection(self._path) as handle:
                if request.settings:
                    handle.query("SET " + ", ".join(f"{k} = {_quoted(v)}" for k, v in request.settings.items()))
                named = SCRATCH if request.database in {"", "default"} else request.database
                handle.query(f"USE {_identifier(named)}")
                if request.statement.rows is not None:
                    return _insert(handle, request.statement, request.statement.rows)
                return _query(handle, request)
        except RuntimeError as error:  # chDB's errors, of every kind
            raise EngineError(str(error)) from error

    def _require_allowed(self, statement: Statement, parameters: Mapping[str, str]) -> None:
        """Refuse what reaches files, programs or networks. Raises EngineError."""
        if statement.rows_format == VALUES and goes_on_after_values(statement.rows or b""):
            raise refusal(62, "SYNTAX_ERROR", "One statement at a time: another follows the rows behind VALUES")
        text = statement.sql if statement.rows is None else f"{statement.sql} FORMAT {statement.rows_format}"
        denied = self._forbidden(_Asked(text, parameters))
        if not denied and statement.rows is not None and statement.rows_format == VALUES:
            denied = forbidden_in_values(statement.rows, self._outside)
        if denied:
            raise refusal(497, "ACCESS_DENIED", f"The local ClickHouse does not let its callers use {denied}")

    def _look_up_forbidden(self, asked: "_Asked") -> str:
        """Return what of a statement is forbidden, having the engine parse it, which takes exactly one statement."""
        try:
            with Connection(self._path) as handle:
                written = {"statement": _escaped(asked.text)}
                one = handle.query("SELECT formatQuerySingleLine({statement:String})", "TSVRaw", params=written)
                formatted = one.bytes().decode()
                tree = (
                    handle.query(f"EXPLAIN AST {formatted}", "TSVRaw", params=dict(asked.parameters)).bytes().decode()
                )
        except RuntimeError as error:
            raise EngineError(str(error)) from error
        return forbidden(formatted, tree, self._outside)

    def close(self) -> None:
        """Let the engine flush and end."""
        self._anchor.close()

    def _names(self, kind: str) -> list[str]:
        text: str = self._anchor.query(f"SELECT name FROM system.{kind}", "TSVRaw").bytes().decode()  # noqa: S608 - of ours
        return text.split()

    def _scalar(self, expression: str) -> str:
        text: str = self._anchor.query(f"SELECT {expression}", "TabSeparated").bytes().decode().strip()
        return text


def _insert(handle: Connection, statement: Statement, rows: bytes) -> Answer:
    """Insert rows from a file in memory: chDB's own way for rows (`send_insert`) swallows every error at the commit."""
    file = os.memfd_create("rows")
    try:
        os.pwrite(file, rows, 0)
        source = f"FROM INFILE '/proc/self/fd/{file}'"
        done = handle.query(f"{statement.sql} {source} {statement.settings} FORMAT {statement.rows_format}")
    finally:
        os.close(file)
    return Answer(b"", None, 0, 0, done.rows_written(), done.bytes_written(), done.elapsed())


def _query(handle: Connection, request: Request) -> Answer:
    sql = request.statement.sql
    done = handle.query(sql, request.default_format, params=dict(request.parameters))
    body = done.bytes() or b""
    return Answer(
        body,
        output_format(sql, request.default_format) if body or request.lane in {Lane.READ, Lane.BRIEF} else None,
        done.storage_rows_read(),
        done.storage_bytes_read(),
        done.rows_written(),
        done.bytes_written(),
        done.elapsed(),
    )


def _escaped(value: str) -> str:
    """Return a parameter's value as the engine unescapes it."""
    return value.replace("\\", "\\\\").replace("\n", "\\n").replace("\t", "\\t").replace("\0", "\\0")


def _quoted(value: str) -> str:
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _identifier(name: str) -> str:
    return "`" + name.replace("\\", "\\\\").replace("`", "\\`") + "`"

"""What a request's text is: an SQL statement, or an INSERT with its rows behind it. Pure."""

import re
from dataclasses import dataclass

_TOKEN = re.compile(
    rb"""
      (?P<skipped> \s+ | --[^\n]* | \#[!\ ][^\n]* | /\*.*?\*/ )
    | (?P<quoted>  '(?:[^'\\]|\\.|'')*' | "(?:[^"\\]|\\.)*" | `(?:[^`\\]|\\.)*` )
    | (?P<word>    [A-Za-z_][A-Za-z0-9_]* )
    | (?P<other>   . )
    """,
    re.VERBOSE | re.DOTALL,
)
_FORMAT_NAME = re.compile(rb"\s+(\w+)[ \t\f]*\r?\n?")
_TRAILING_FORMAT = re.compile(r"\bFORMAT\s+(\w+)\s*(?:SETTINGS\b[^']*)?;?\s*$", re.IGNORECASE)
_ABOUT_TABLES = re.compile(r"\s*(?:DESCRIBE|DESC|SHOW|EXISTS)\b", re.IGNORECASE)
_NO_ROWS_FOLLOW = frozenset({b"VALUES", b"SELECT", b"WITH", b"FROM"})


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement. `rows` and `rows_format` are set for an INSERT whose rows follow in a named format."""

    sql: str
    rows: bytes | None = None
    rows_format: str = ""

    def asks_about_tables(self) -> bool:
        """Return whether this is a short question about tables, which reads none of them."""
        return _ABOUT_TABLES.match(self.sql) is not None


def parse_statement(query: bytes, body: bytes) -> Statement:
    """Tell the statement from the rows, in what came as the `query` parameter and as the body.

    As in ClickHouse the two are one text, parameter first, and an INSERT may carry rows after `FORMAT Name`.

    Raises:
        UnicodeDecodeError: the SQL is not UTF-8.
    """
    text = query + b"\n" + body if query else body
    end_of_sql = _format_clause(text)
    if end_of_sql is None:
        return Statement(text.decode())
    name = _FORMAT_NAME.match(text, end_of_sql + len(b"FORMAT"))
    if name is None:
        return Statement(text.decode())
    return Statement(text[:end_of_sql].decode(), text[name.end() :], name[1].decode())


def output_format(sql: str, default: str) -> str:
    """Return the format in which a statement's result is written: its own FORMAT clause, or the default."""
    found = _TRAILING_FORMAT.search(sql)
    return found[1] if found else default


def _format_clause(text: bytes) -> int | None:
    """Return where the FORMAT of an INSERT with rows starts; None for every other statement."""
    depth = 0
    words = 0
    for token in _TOKEN.finditer(text):
        if token.lastgroup == "other":
            depth += {b"(": 1, b")": -1}.get(token[0], 0)
        elif token.lastgroup == "word" and depth == 0:
            word = token[0].upper()
            words += 1
            if words == 1 and word != b"INSERT":
                return None
            if word in _NO_ROWS_FOLLOW:
                return None
            if word == b"FORMAT" and words > len(("INSERT", "INTO")):
                return token.start()
    return None

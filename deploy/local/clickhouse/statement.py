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
# Possessive (`++`, `*+`): what is skipped is never tried in other portions, which for a long indent would take for ever.
_INSERT = re.compile(r"(?:\s++|--[^\n]*+|#[!\ ][^\n]*+|/\*.*?\*/)*+INSERT\b", re.IGNORECASE | re.DOTALL)
_QUOTED_OR_END = re.compile(
    rb"""'(?:[^'\\]|\\.|'')*' | "(?:[^"\\]|\\.)*" | `(?:[^`\\]|\\.)*` | --[^\n]* | /\*.*?\*/ | (?P<end> ; )""",
    re.VERBOSE | re.DOTALL,
)
_NOTHING = re.compile(rb"(?: [\s;]++ | --[^\n]*+ | \#[!\ ][^\n]*+ | /\*.*?\*/ )*+", re.VERBOSE | re.DOTALL)
_NO_ROWS_FOLLOW = frozenset({b"SELECT", b"WITH", b"FROM"})
VALUES = "Values"
"""The format of rows behind VALUES."""


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement. `rows` and `rows_format` are set for an INSERT whose rows follow in a named format."""

    sql: str
    rows: bytes | None = None
    rows_format: str = ""
    settings: str = ""
    """SETTINGS clause of an INSERT with rows, which stands between where they come from and their format."""

    def asks_about_tables(self) -> bool:
        """Return whether this is a short question about tables, which reads none of them."""
        return _ABOUT_TABLES.match(self.sql) is not None

    def copies_rows(self) -> bool:
        """Return whether this is an INSERT whose rows come out of a query."""
        return self.rows is None and _INSERT.match(self.sql) is not None


def goes_on_after_values(rows: bytes) -> bool:
    """Return whether more than a comment follows the `;` that ends rows behind VALUES: the engine would drop it silently."""
    if b";" not in rows:
        return False
    end = next((found for found in _QUOTED_OR_END.finditer(rows) if found["end"]), None)
    return end is not None and _NOTHING.fullmatch(rows, end.end()) is None


def parse_statement(query: bytes, body: bytes) -> Statement:
    """Tell the statement from the rows, in what came as the `query` parameter and as the body.

    As in ClickHouse the two are one text, parameter first, and an INSERT may carry rows after `FORMAT Name`.

    Raises:
        UnicodeDecodeError: the SQL is not UTF-8.
    """
    text = query + b"\n" + body if query else body
    clauses = _insert_clauses(text)
    end_of_sql = clauses.get(b"FORMAT", clauses.get(b"VALUES"))
    if end_of_sql is None:
        return Statement(text.decode())
    start_of_settings = min(clauses.get(b"SETTINGS", end_of_sql), end_of_sql)
    sql, settings = text[:start_of_settings].decode(), text[start_of_settings:end_of_sql].decode()
    if b"FORMAT" not in clauses:
        return Statement(sql, text[end_of_sql + len(b"VALUES") :], VALUES, settings)
    name = _FORMAT_NAME.match(text, end_of_sql + len(b"FORMAT"))
    if name is None:
        return Statement(text.decode())
    format_name = name[1].decode()  # in any case of its letters, as the engine takes it
    is_values = format_name.lower() == VALUES.lower()
    return Statement(sql, text[name.end() :], VALUES if is_values else format_name, settings)


def output_format(sql: str, default: str) -> str:
    """Return the format in which a statement's result is written: its own FORMAT clause, or the default."""
    found = _TRAILING_FORMAT.search(sql)
    return found[1] if found else default


def _insert_clauses(text: bytes) -> dict[bytes, int]:
    """Return where SETTINGS, and FORMAT or VALUES, of an INSERT with rows start; nothing for every other statement."""
    depth = words = 0
    found: dict[bytes, int] = {}
    for token in _TOKEN.finditer(text):
        if token.lastgroup == "other":
            depth += {b"(": 1, b")": -1}.get(token[0], 0)
        elif token.lastgroup == "word" and depth == 0:
            word = token[0].upper()
            words += 1
            if (words == 1 and word != b"INSERT") or word in _NO_ROWS_FOLLOW:
                return {}
            if word in {b"SETTINGS", b"FORMAT", b"VALUES"} and words > len(("INSERT", "INTO")):
                found.setdefault(word, token.start())
                if word != b"SETTINGS":
                    return found
    return {}

"""A question as one statement: SQL of our own words, and all of the caller's as bound parameters. It runs nothing."""

from dataclasses import dataclass
from string import Template
from typing import Final

from projections.clickhouse.views.columns import meanings
from schemas.access import ClickHouseRole, Token
from schemas.spreadsheet import FORMULA_WIDE
from serving.queries.cursor import Cursor
from serving.queries.question import Asked, Bound, Question

WITHIN: Final = "({sees_all:UInt8} OR account IN {of_accounts:Array(String)})"
"""What limits every statement to a token's accounts, in the engine itself."""
TOTAL: Final = "__total"
IS_HERE: Final = "__is_here"
KEY: Final = "__key"
CHANGED: Final = "changed_since"
_TEXT_FIRST: Final = f"^(?:[=+\\\\-@\\t\\r\\n]|{'|'.join(FORMULA_WIDE)})"


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement, ready to run."""

    sql: str
    bound: Bound
    role: ClickHouseRole
    """The least role that it needs."""


@dataclass(frozen=True, slots=True)
class Reach:
    """How far one caller's statements reach."""

    token: Token
    views: str
    """Database of the views, masked or not."""
    role: ClickHouseRole


def within(token: Token) -> Bound:
    """Return the bound parameters of WITHIN."""
    return {"sees_all": int(token.sees_all), "of_accounts": list(token.accounts)}


def shown(question: Question) -> list[str]:
    """Return the columns of a question's rows, in order."""
    return list(question.columns) or [column for view, column in meanings() if view == question.view]


def page(question: Question, asked: Asked, reach: Reach, cursor: Cursor | None, now_ms: int) -> Statement:
    """Return the statement of one page: its rows and how many the list has, from one reading.

    A row more than asked for is read, which says whether there is a next page. Where no row is on the page but some are
    in the list, one of those comes, marked, for the sake of the count.
    """
    is_back = cursor is not None and cursor.is_back
    keys = [f"{key.expression} AS {KEY}{n}" for n, key in enumerate(question.keys)]
    columns = [*shown(question), *keys, f"count() OVER () AS {TOTAL}"]
    bound: Bound = {"rows": asked["limit"] + 1, "pinned_at": cursor.pinned_at_ms if cursor else now_ms}
    if question.changed_by:
        columns.append(
            f"toUnixTimestamp64Milli(assumeNotNull({question.changed_by})) > {{pinned_at:Int64}} AS {CHANGED}"
        )
    is_here, order = "1", "ASC" if is_back else "DESC"
    names = ", ".join(f"{KEY}{n}" for n in range(len(question.keys)))
    if cursor is not None:
        kinds = ["Int64" if key.is_number else "String" for key in question.keys]
        given = ", ".join(f"{{after{n}:{kind}}}" for n, kind in enumerate(kinds))
        is_here = f"tuple({names}) {'>' if is_back else '<'} tuple({given})"
        bound |= {f"after{n}": value for n, value in enumerate(cursor.keys)}
    ordered = ", ".join(f"{KEY}{n} {order}" for n in range(len(question.keys)))
    sql = (
        f"SELECT *, {is_here} AS {IS_HERE} FROM (SELECT {', '.join(columns)} {_from(question, asked)})"  # noqa: S608 - words of ours
        f" ORDER BY {IS_HERE} DESC, {ordered} LIMIT {{rows:UInt32}}"
    )
    return _made(sql, question, asked, reach, bound)


def export(question: Question, asked: Asked, reach: Reach, rows_max: int, now_ms: int) -> Statement:
    """Return the statement of a whole list, in the order of its pages, in the format asked for."""
    formats = {"csv": "CSVWithNames", "jsonl": "JSONEachRow", "parquet": "Parquet"}
    columns = [_safe(column) if asked["format"] == "csv" else column for column in shown(question)]
    order = ", ".join(f"{key.expression} DESC" for key in question.keys)
    sql = (
        f"SELECT {', '.join(columns)} FROM (SELECT * {_from(question, asked)} ORDER BY {order}"  # noqa: S608 - words of ours
        f" LIMIT {{rows:UInt64}}) FORMAT {formats[asked['format']]}"
    )
    return _made(sql, question, asked, reach, {"rows": rows_max, "pinned_at": now_ms})


def _from(question: Question, asked: Asked) -> str:
    conditions = [WITHIN] if question.is_of_accounts else []
    conditions += [p.condition for p in question.parameters if p.condition and p.name in asked]
    if question.pinned_by:
        conditions.append(f"toUnixTimestamp64Milli(assumeNotNull({question.pinned_by})) <= {{pinned_at:Int64}}")
    where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
    return f"FROM {question.source(asked)}{where}"


def _made(sql: str, question: Question, asked: Asked, reach: Reach, bound: Bound) -> Statement:
    everything = {**asked, **question.bind(asked), **bound, **within(reach.token)}
    named = Template(sql).substitute(views=reach.views)
    used = {name: value for name, value in everything.items() if f"{{{name}:" in named}
    return Statement(named, used, reach.role)


def _safe(column: str) -> str:
    """Return a column so that no spreadsheet takes a text of it for a formula (numbers become texts, too)."""
    plain = f"toString({column})"
    return f"if(match(ifNull({plain}, ''), '{_TEXT_FIRST}'), concat('''', {plain}), {plain}) AS {column}"

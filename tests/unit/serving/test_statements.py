"""Statements: every one of a list is limited to the token's accounts, and nothing of the caller's is in its SQL."""

import datetime as dt
from typing import Any

import pytest

from operations.tokens import new_token
from schemas.access import ClickHouseRole
from serving.api.reading import read
from serving.queries.catalogue import QUESTIONS
from serving.queries.cursor import Cursor, digest
from serving.queries.question import Question
from serving.queries.statement import WITHIN, Reach, export, page

TOKEN = new_token("t", "admin", ("alfa",), 1, 0).token
REACH = Reach(TOKEN, "recibo_numbers", ClickHouseRole.ANALYST_NUMBERS)
NOW = dt.datetime(2026, 11, 28, tzinfo=dt.UTC)
EVIL = "x') OR 1=1 --"


def everything(question: Question) -> list[tuple[str, str]]:
    """Return a value for each parameter that takes any text: an attempt to break out of it."""
    kinds = {parameter.name: str(parameter.kind) for parameter in question.parameters}
    texts = [name for name, kind in kinds.items() if "typing.Literal" not in kind and "u0000" in kind]
    one = [name for name in texts if name not in {"id", "reference", "text"}]
    return [(name, EVIL) for name in one]


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda q: q.name)
def test_a_statement_is_limited_and_says_nothing_of_the_callers(question: Question) -> None:
    """The limit is in the text with its bound accounts, and no word of the caller's is."""
    asked: dict[str, Any] = read(question, everything(question), TOKEN, NOW, 92)
    keys: list[int | str] = [1 if key.is_number else EVIL for key in question.keys]
    cursor = Cursor(question.name, digest(asked), 1, is_back=False, keys=keys)
    statements = [page(question, asked, REACH, None, 1), page(question, asked, REACH, cursor, 1)]
    statements += [export(question, {**asked, "format": kind}, REACH, 10, 1) for kind in ("csv", "jsonl", "parquet")]
    for statement in statements:
        assert "OR 1=1" not in statement.sql
        assert (WITHIN in statement.sql) == question.is_of_accounts
        if question.is_of_accounts:
            assert (statement.bound["sees_all"], statement.bound["of_accounts"]) == (0, ["alfa"])
        assert statement.role is ClickHouseRole.ANALYST_NUMBERS
        assert "$" not in statement.sql

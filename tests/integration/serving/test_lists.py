"""Lists of the API on a real engine: what is found, page by page both ways, counted by the same reading, and exported whole."""

import csv
import io
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow.parquet as pq
import pytest

from serving.queries.catalogue import QUESTIONS
from serving.queries.question import Question
from tests.support.api_world import MARKS, NUMBERS, RunningApi
from tests.support.databases import Project
from tests.support.world import START_MS, World, message_event

FIRST = datetime.fromtimestamp(START_MS / 1000, UTC).date() - timedelta(days=1)
DAYS = {"since": str(FIRST), "until": str(FIRST + timedelta(days=40))}
DAY_BEFORE = str(FIRST - timedelta(days=1))
"""In no zone a day of the tests' world."""
OF_ACCOUNTS = [question for question in QUESTIONS if question.is_of_accounts]


def days_of(question: Question) -> dict[str, Any]:
    """Return the days of the tests' world, where a question takes any."""
    return dict(DAYS) if any(parameter.name == "since" for parameter in question.parameters) else {}


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda q: q.name)
async def test_every_list_has_rows_of_both_accounts(api: RunningApi, question: Question) -> None:
    """Every question is answered, with as many rows as it says there are, of each account that has any."""
    answer = await api.get(question.name, api.token("admin"), **days_of(question), limit=500)
    assert answer.status_code == 200, answer.text
    page = answer.json()
    assert len(page["data"]) == page["total"] > 0
    assert page["next"] is page["previous"] is None
    if question.is_of_accounts:
        assert {row["account"] for row in page["data"]} >= set(MARKS)
        alone = await api.rows(question.name, api.token("admin"), **days_of(question), account="alfa")
        assert {row["account"] for row in alone} == {"alfa"}


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda q: q.name)
async def test_pages_are_the_list_in_both_directions(api: RunningApi, question: Question) -> None:
    """Page by page forwards, and back again, are exactly the rows of the whole list, in one order."""
    token, days = api.token("admin"), days_of(question)
    whole = await api.rows(question.name, token, **days, limit=500)
    forwards, pages, cursor = [], [], None
    some = max(2, len(whole) // 3)
    while True:
        asked = {**days, "limit": some, **({"cursor": cursor} if cursor else {})}
        page = (await api.get(question.name, token, **asked)).json()
        assert page["total"] == len(whole)
        pages.append(page)
        forwards += page["data"]
        cursor = page["next"]
        if cursor is None:
            break
    assert _without_ages(forwards) == _without_ages(whole)
    backwards, cursor = pages[-1]["data"], pages[-1]["previous"]
    while cursor is not None:
        page = (await api.get(question.name, token, **days, limit=some, cursor=cursor)).json()
        backwards = page["data"] + backwards
        cursor = page["previous"]
    assert _without_ages(backwards) == _without_ages(whole)


def _without_ages(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{name: value for name, value in row.items() if name not in {"age_s", "seconds_ago"}} for row in rows]


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"id": "ALFAMARK-m-03"}, ["ALFAMARK-m-03"]),
        ({"reference": "ref-ALFAMARK-m-04"}, ["ALFAMARK-m-04"]),
        ({"identity": "+55 (11) 98111-1105"}, ["ALFAMARK-m-05"]),
        ({"identity": "11981111105"}, ["ALFAMARK-m-05"]),
        ({"identity": f"906{NUMBERS['alfa']}@lid"}, ["ALFAMARK-m-06"]),
        ({"text": "ALFAMARK-m-07"}, ["ALFAMARK-m-07"]),
        ({"text": "5511981111108"}, ["ALFAMARK-m-08"]),
        ({"template": "tpl-ALFAMARK", "status": "number_not_found", **DAYS}, ["ALFAMARK-m-14"]),
        ({"connection": "conn-ALFAMARK", "campaign": "camp-ALFAMARK", "status": "error", **DAYS}, ["ALFAMARK-m-13"]),
        ({"id": "ALFAMARK-m-03", "since": DAY_BEFORE, "until": DAY_BEFORE}, []),
        ({"tag": "order=ALFAMARK-1", **DAYS}, ["ALFAMARK-m-00"]),
        ({"tag": ["order=ALFAMARK-1", "order=none"], "id": "ALFAMARK-m-00"}, ["ALFAMARK-m-00"]),
        ({"tag": "other=ALFAMARK-1", **DAYS}, []),
        ({"id": "nobody"}, []),
    ],
)
async def test_messages_are_found(api: RunningApi, asked: dict[str, Any], found: list[str]) -> None:
    """By an id, a reference, a person in any spelling or kind, and by everything that a list is filtered by."""
    rows = await api.rows("messages", api.token("support", "alfa", "beta"), **asked)
    assert [row["message_id"] for row in rows] == found


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda q: q.name)
async def test_an_export_has_the_rows_of_the_list(api: RunningApi, question: Question) -> None:
    """CSV, JSON lines and Parquet have as many rows as the list, and its columns."""
    token, days = api.token("admin"), days_of(question)
    whole = await api.rows(question.name, token, **days, limit=500)
    columns = [name for name in whole[0] if name != "changed_since"]
    as_csv = await api.get(question.name, token, **days, format="csv")
    assert as_csv.headers["content-type"].startswith("text/csv")
    read = list(csv.DictReader(io.StringIO(as_csv.text)))
    assert [len(read), list(read[0])] == [len(whole), columns]
    lines = (await api.get(question.name, token, **days, format="jsonl")).text.splitlines()
    assert len(lines) == len(whole)
    table = pq.read_table(io.BytesIO((await api.get(question.name, token, **days, format="parquet")).content))
    assert [table.num_rows, table.column_names] == [len(whole), columns]


async def test_no_cell_of_a_csv_is_a_formula(api: RunningApi, project: Project) -> None:
    """A text that a spreadsheet would run is written so that it does not; numbers stay texts."""
    world = World()
    for n, text in enumerate(("=1+1", "+5511", "-2", "@SUM(A1)", "\t=1", "plain")):
        world.post(message_event(f"formula-{n}", "created", START_MS + n, account="alfa", client_ref=text))
    await project(world)
    answer = await api.get("messages", api.token("viewer"), **DAYS, format="csv")
    cells = [cell for row in csv.reader(io.StringIO(answer.text)) for cell in row]
    assert {"'=1+1", "'+5511", "'-2", "'@SUM(A1)", "plain"} <= set(cells)
    assert not [cell for cell in cells if cell[:1] in {"=", "+", "-", "@", "\t"}]


async def test_a_list_keeps_to_what_it_had_and_marks_what_changed(api: RunningApi, project: Project) -> None:
    """What comes while somebody turns pages moves no row; a row that changed meanwhile says so."""
    token = api.token("admin")
    first = (await api.get("messages", token, **DAYS, limit=20)).json()
    world = World()
    now_ms = int(datetime.now(UTC).timestamp() * 1000)
    late = {"account": "alfa", "received_at_ms": now_ms + 5_000}
    world.post(message_event("ALFAMARK-new", "created", START_MS + 500, **late))
    world.post(message_event("ALFAMARK-m-01", "read", START_MS + 90_000, **late))
    await project(world)
    second = (await api.get("messages", token, **DAYS, limit=20, cursor=first["next"])).json()
    assert second["total"] == first["total"] == len(first["data"]) + len(second["data"])
    rows = {row["message_id"]: row for row in first["data"] + second["data"]}
    assert "ALFAMARK-new" not in rows
    assert rows["ALFAMARK-m-01"]["status"] == "read"
    assert [name for name, row in rows.items() if row["changed_since"]] == ["ALFAMARK-m-01"]

"""The fault matrix: its rows name tests that exist, its page is of its rows, its run says what became of each."""

import ast
from pathlib import Path
from types import SimpleNamespace
from typing import Literal

import pytest

from tests.faults.matrix import page
from tests.faults.matrix.__main__ import PAGE, one_line, within
from tests.faults.matrix.page import Result
from tests.faults.matrix.row import SHORT_S_MAX, Row, nodes
from tests.faults.matrix.table import FAMILIES, ROWS
from tests.faults.matrix.watch import Watch
from tests.support.source_tree import ROOT

MATRIX_ROWS = 37
CORE_FINDINGS = 24
HIGH_FINDINGS = ("C1", "C2", "C3", "C4", "H1", "H2", "H3", "H4")


def functions_of(path: Path) -> dict[str, ast.FunctionDef | ast.AsyncFunctionDef]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {node.name: node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}


def sources() -> set[str]:
    """Return what the rows are of, one by one: "matrix 1, 2" is two, "core 1 to 15" fifteen."""
    found = set()
    for row in ROWS:
        list_, _, rest = row.source.partition(" ")
        first, _, last = rest.partition(" to ")
        numbers = map(str, range(int(first), int(last) + 1)) if last else rest.split(", ")
        found |= {f"{list_} {number}" for number in numbers}
    return found


def test_every_row_has_a_name_of_its_own() -> None:
    """A row is chosen, and found on the page, by its name."""
    names = [row.name for row in ROWS]
    assert len(set(names)) == len(names)


def test_every_fault_of_the_list_and_every_finding_has_a_row() -> None:
    """The 37 faults, the findings of the core and those of the attack that let in or lose are all there."""
    wanted = {f"matrix {n}" for n in range(1, MATRIX_ROWS + 1)} | {f"core {n}" for n in range(1, CORE_FINDINGS + 1)}
    assert wanted | {f"attack {name}" for name in HIGH_FINDINGS} <= sources()


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_a_row_names_tests_that_exist(row: Row) -> None:
    """Each test that shows a row is there; one of the matrix's own that is long is left out of `make test`."""
    for node in row.shown_by:
        file, _, name = node.partition("::")
        found = functions_of(ROOT / file)
        assert name in found, node
        if "faults/rows/" in file and row.seconds > SHORT_S_MAX:
            marks = "".join(map(ast.dump, [*found[name].decorator_list, *_module_marks(ROOT / file)]))
            assert "long_fault" in marks, f"{node} takes {row.seconds} s: mark it long_fault"


def _module_marks(path: Path) -> list[ast.expr]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return [
        node.value for node in tree.body if isinstance(node, ast.Assign) and "pytestmark" in ast.dump(node.targets[0])
    ]


def test_the_page_is_of_the_rows() -> None:
    """docs/faults.md has the rows of the table, each with what became of it when it last ran."""
    text = PAGE.read_text(encoding="utf-8")
    assert page.render(FAMILIES, page.read(text)) == text


def test_a_page_is_read_as_it_was_written() -> None:
    """What a run left out keeps its last result."""
    results = {row.name: Result("failed: a | b", "abc123", "2026-11-27") for row in ROWS}
    assert page.read(page.render(FAMILIES, results)) == results


def test_a_reason_names_no_folder_of_this_machine() -> None:
    """What is published says what happened, in one line, and not where the test kept its files."""
    assert one_line("no file\n/var/scratch-1/x.log (see http://h:1/a/b)") == "no file …/x.log (see http://h:1/a/b)"


def test_the_longest_rows_are_left_out_first() -> None:
    """A run fits into its time, and loses as few rows as can be."""
    rows = [Row(str(s), "", "", "", s) for s in (50.0, 3.0, 20.0, 4.0)]
    assert [row.name for row in within(rows, 30)] == ["3.0", "20.0", "4.0"]


def _report(test: str, outcome: Literal["passed", "failed", "skipped"], *, xfail: str = "") -> list[pytest.TestReport]:
    """Return the reports of a test whose call ended so."""
    (nodeid,) = nodes("test_it", test)
    call = pytest.TestReport(nodeid, ("", 0, ""), {}, outcome, "two" if outcome == "failed" else None, "call")
    if xfail:
        call.wasxfail = xfail
    return [call, pytest.TestReport(nodeid, ("", 0, ""), {}, "passed", None, "teardown")]


def test_a_row_holds_only_where_all_its_tests_do() -> None:
    """One test that fails, is skipped, is left out, or did not end keeps its row from holding."""
    shown_by = {
        "good": nodes("test_it", "good"),
        "bad": nodes("test_it", "good", "bad"),
        "skipped": nodes("test_it", "good", "skipped"),
        "known": nodes("test_it", "known"),
        "left out": nodes("test_it", "good", "left_out"),
        "unfinished": nodes("test_it", "unfinished"),
        "to come": nodes("test_it", "to_come"),
        "none": (),
    }
    rows = [Row(name, "", "", "", 1, tests) for name, tests in shown_by.items()]
    told: dict[str, tuple[str, str]] = {}
    watch = Watch(rows, lambda row, verdict, why: told.update({row.name: (verdict, why)}))
    ran = ("good", "bad[1]", "bad[2]", "skipped", "known", "unfinished", "to_come")
    session = SimpleNamespace(items=[SimpleNamespace(nodeid=nodes("test_it", test)[0]) for test in ran])
    watch.pytest_collection_finish(session)  # type: ignore[arg-type]
    for reports in (
        _report("good", "passed"),
        _report("bad[1]", "passed"),
        _report("bad[2]", "failed"),
        _report("skipped", "skipped"),
        _report("known", "skipped", xfail="a gap"),
    ):
        for report in reports:
            watch.pytest_runtest_logreport(report)
    watch.pytest_runtest_logstart(*nodes("test_it", "unfinished"))
    assert "unfinished" not in told
    watch.conclude_all()
    assert "to come" not in told, "a run that was stopped says nothing of it"
    assert {name: verdict for name, (verdict, _) in told.items()} == {
        "good": "held",
        "bad": "failed",
        "skipped": "not run",
        "known": "failed",
        "left out": "not run",
        "unfinished": "failed",
        "none": "no test",
    }
    assert pytest.PytestPluginManager().register(watch), "it is a plugin"
    assert "two" in told["bad"][1]
    assert "a gap" in told["known"][1]

"""The rules of the house, as tests: who may import whom, how long things are, what must be written down."""

import ast
import re
import statistics
from collections.abc import Iterable, Iterator

import pytest

from tests.support.source_tree import ROOT, Module, modules, reachable

FLOORS = (
    ("schemas",),
    ("runtime",),
    ("ingest", "relay", "processors", "projections", "reconciliation"),
    ("operations",),
    ("serving",),
    ("deploy",),
    ("cli",),
)
"""The rooms, from the ground up: each imports only from floors below its own, so stages never import one another."""
OURS = tuple(room for floor in FLOORS for room in floor)
OUTSIDE = (
    *("aiokafka", "faust", "mode", "clickhouse_connect", "chdb", "rocksdict"),
    *("starlette", "uvicorn", "httpx", "httpcore"),
)
"""Clients of a network or a disk, and frameworks: nothing pure reaches them, however far away."""
IMPURE = (
    *OUTSIDE,
    *("asyncio", "threading", "subprocess", "socket", "ssl", "os", "pathlib", "shutil", "tempfile", "logging"),
    *("time", "uuid", "secrets"),
)
"""Nothing pure imports a file system, a clock or chance either; a seeded `random.Random` may be passed in."""
FILE_LINES_MEDIAN_MAX = 100
PURE_PACKAGES = ("schemas", "projections.rows")
FUNCTION_LINES_MAX = 70
VAGUE_NAMES = ("utils", "util", "helpers", "common", "misc", "manager", "base")


def packages_imported(module: Module) -> set[str]:
    return {name.partition(".")[0] for name in module.imports()}


def is_pure(module: Module) -> bool:
    """Return whether a file's docstring says so, in whatever sentence, or its package is pure as a whole."""
    return module.name.startswith(PURE_PACKAGES) or re.search(r"\bpure\b", module.docstring, re.IGNORECASE) is not None


def of_ours(modules: Iterable[Module]) -> list[Module]:
    return [module for module in modules if module.package != "tests"]


@pytest.mark.parametrize("room", OURS)
def test_a_room_imports_only_from_floors_below(room: str) -> None:
    """A room knows itself and the floors below; stages meet only in Kafka, in tables and in schemas."""
    below = {lower for floor in FLOORS[: next(n for n, rooms in enumerate(FLOORS) if room in rooms)] for lower in floor}
    for module in modules().values():
        if module.package == room:
            strangers = packages_imported(module) & set(OURS) - below - {room}
            assert not strangers, f"{module.name} imports {', '.join(sorted(strangers))}"


def test_every_folder_with_code_is_a_room() -> None:
    """No code of the product stands outside the rooms."""
    found = {path.parts[0] for path in (p.relative_to(ROOT) for p in ROOT.glob("*/**/*.py")) if path.parts[0][0] != "."}
    assert found <= {*OURS, "tests", "build"}


def test_pure_files_reach_nothing_outside() -> None:
    """Files that say they are pure, and all of schemas, import no client, framework, file system, clock or chance."""
    for module in of_ours(modules().values()):
        if is_pure(module):
            assert not packages_imported(module) & set(IMPURE), module.name
            assert not re.search(r"\brandom\.[a-z]", module.path.read_text(encoding="utf-8")), module.name


def test_pure_files_import_only_pure_files() -> None:
    """Nothing that a pure file of a stage imports, directly or not, reaches outside either."""
    for module in of_ours(modules().values()):
        if is_pure(module):
            for name in reachable(module.name):
                strangers = packages_imported(modules()[name]) & set(OUTSIDE)
                assert not strangers, f"{module.name} is pure and reaches {', '.join(strangers)} through {name}"


def test_the_demo_does_not_ask_the_product_for_the_truth() -> None:
    """What the demo compares with is worked out without the product's parsers, states and fold."""
    judges = ("truth", "match", "compare_topics", "compare_requests", "table_truth", "traffic", "stories", "said")
    known = reachable(*(f"deploy.demo.{name}" for name in judges))
    product = {name for name in known if name.startswith(("schemas", "processors", "ingest", "projections"))}
    assert not product


def folded_tuples() -> set[str]:
    """Return the columns that the engine folds as a tuple."""
    migrations = "\n".join(path.read_text(encoding="utf-8") for path in ROOT.rglob("projections/**/migrations/*.sql"))
    return set(re.findall(r"^\s+(\w+) SimpleAggregateFunction\(\w+, Tuple\(", migrations, re.MULTILINE))


def sql_texts() -> Iterator[tuple[str, str]]:
    """Yield (where, text) of every SQL file, and of every string in the product or its tests."""
    for path in ROOT.rglob("*.sql"):
        if path.relative_to(ROOT).parts[0] in (*OURS, "tests"):
            text = path.read_text(encoding="utf-8")
            yield str(path), re.sub(r"^\s*--.*$", "", text, flags=re.MULTILINE)
    for module in modules().values():
        for node in ast.walk(module.tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield f"{module.name}:{node.lineno}", node.value
            if isinstance(node, ast.JoinedStr):  # one text, whatever is filled in between
                parts = (part.value if isinstance(part, ast.Constant) else " " for part in node.values)
                yield f"{module.name}:{node.lineno}", "".join(map(str, parts))


def test_no_subcolumn_of_a_folded_tuple_is_read_under_final() -> None:
    """The engine does not fold a subcolumn under FINAL but takes one part's value: a text has one or the other."""
    names = "|".join(folded_tuples())
    assert "latest" in names
    subcolumn = re.compile(rf"\b({names})\.(?!as_)\w")
    wrong = [where for where, text in sql_texts() if re.search(r"\bFINAL\b", text) and subcolumn.search(text)]
    assert not wrong


def test_files_are_written_whole_in_one_place() -> None:
    """Only `runtime.whole_file` replaces a file or syncs a folder; the example that people copy imports nothing of ours."""
    allowed = {"runtime.whole_file", "deploy.demo.example_charts"}
    for module in of_ours(modules().values()):
        called = {n.attr for n in ast.walk(module.tree) if isinstance(n, ast.Attribute)}
        assert module.name in allowed or not called & {"write_text", "write_bytes", "fsync"}, module.name


def test_files_are_small() -> None:
    """Half of the files have at most 100 lines (and none more than 300: tests/test_names.py)."""
    assert statistics.median(module.lines for module in of_ours(modules().values())) <= FILE_LINES_MEDIAN_MAX


def test_functions_are_small() -> None:
    """A function has at most 70 lines."""
    for module in modules().values():
        for function in module.functions():
            lines = (function.end_lineno or 0) - function.lineno + 1
            assert lines <= FUNCTION_LINES_MAX, f"{module.name}.{function.name} has {lines} lines"


def test_names_say_what_a_file_does() -> None:
    """No module is called by a name that would fit anything."""
    vague = [name for name in modules() if set(name.rpartition(".")[2].split("_")) & set(VAGUE_NAMES)]
    assert not vague


def test_every_module_says_what_it_is() -> None:
    """Every module of ours begins with a docstring."""
    assert not [module.name for module in modules().values() if not module.docstring]


def test_every_test_is_a_sentence() -> None:
    """Every test states the behaviour it shows, in a docstring of one sentence."""
    for module in modules().values():
        for function in module.functions():
            if module.package == "tests" and function.name.startswith("test_"):
                first_line = (ast.get_docstring(function) or "").partition("\n")[0]
                assert first_line, f"{module.name}.{function.name} has no docstring"

"""Benchmarks are run seldom and must not rot meanwhile: each imports, and says what it does."""

import ast
import importlib
import runpy
import signal
import sys
from pathlib import Path

import pytest

from tests.bench.beside import BENCHMARKS, ingest_rates, ratios
from tests.bench.command_line import begin
from tests.support.source_tree import ROOT, modules

OWN_ENVIRONMENT = ("tests.bench.peers.quix_streams",)
"""Run in environments of their own, without what is imported here."""
MODULES = sorted(n for n in modules() if n.startswith("tests.bench.") and n not in OWN_ENVIRONMENT)
PROGRAMS = [
    name
    for name in MODULES
    if not name.startswith("tests.bench.peers.")
    and any(isinstance(node, ast.If) and "__main__" in ast.unparse(node.test) for node in modules()[name].tree.body)
]


@pytest.mark.parametrize("name", MODULES)
def test_every_module_imports(name: str) -> None:
    """Whatever was moved or renamed, a benchmark's parts are found, and the files that they name."""
    module = importlib.import_module(name)
    paths = [value for value in vars(module).values() if isinstance(value, Path) and value.is_relative_to(ROOT)]
    assert not [path for path in paths if path.suffix and not path.exists()], "folders are made, files are not"


@pytest.mark.filterwarnings("ignore:.*found in sys.modules:RuntimeWarning")
@pytest.mark.parametrize("name", PROGRAMS)
def test_every_benchmark_says_what_it_does(
    name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """`--help` prints the benchmark's docstring and measures nothing."""
    monkeypatch.setattr(sys, "argv", [name, "--help"])
    with pytest.raises(SystemExit) as ended:
        runpy.run_module(name, run_name="__main__")
    assert ended.value.code == 0
    assert modules()[name].docstring.splitlines()[0][:40] in " ".join(capsys.readouterr().out.split())


def test_parts_are_chosen_by_name(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """PARTS names some, none means all, and one that there is not is refused with those that there are."""
    monkeypatch.setattr(sys, "argv", ["benchmark"])
    monkeypatch.setattr("signal.alarm", lambda _: None)
    monkeypatch.delenv("PARTS", raising=False)
    assert begin("", ("one", "two", "three")).parts == ["one", "two", "three"]
    monkeypatch.setenv("PARTS", "three,one")
    assert begin("", ("one", "two", "three")).parts == ["one", "three"]
    monkeypatch.setenv("PARTS", "four")
    with pytest.raises(SystemExit):
        begin("", ("one", "two"))
    assert "no part four; there are: one, two" in capsys.readouterr().err


def test_two_commits_are_compared_round_by_round() -> None:
    """A ratio is taken in each round, of what both measured, and the middle one counts."""
    base = [{"a": 100.0, "old": 1.0}, {"a": 50.0, "old": 1.0}, {"a": 200.0, "old": 1.0}]
    this = [{"a": 110.0, "new": 1.0}, {"a": 50.0, "new": 1.0}, {"a": 180.0, "new": 1.0}]
    assert ratios({"base": base, "this": this}) == {
        "a": {"base": 100, "this": 110, "ratio": 1.0, "each": [1.1, 1.0, 0.9]}
    }


def test_rates_are_read_of_a_result() -> None:
    """The open loop, whose rate is given, is no rate to compare."""
    runs = [
        {"name": "ours", "kind": "single", "loop": "closed", "requests_per_s": 10, "cpu_s_per_1000": 50},
        {"name": "ours", "kind": "single", "loop": "open"},
    ]
    assert ingest_rates({"runs": runs}) == {"ours single": 10.0, "ours single a CPU-s": 20.0}
    assert {"ingest", "processors"} <= BENCHMARKS.keys()


def test_a_benchmark_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where it takes too long it is ended with the advice to do less."""
    limits: list[int] = []
    monkeypatch.setattr(sys, "argv", ["benchmark"])
    monkeypatch.setattr("signal.alarm", limits.append)
    monkeypatch.delenv("PARTS", raising=False)
    before = signal.getsignal(signal.SIGALRM)
    begin("")
    with pytest.raises(SystemExit, match="PARTS="):
        signal.raise_signal(signal.SIGALRM)
    signal.signal(signal.SIGALRM, before)
    assert limits == [40 * 60]

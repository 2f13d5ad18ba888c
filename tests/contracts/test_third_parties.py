"""What we lean on of others, found by looking through all of the product: no override without its method, no private
name without a contract, no import that is not declared.
"""

import ast
import importlib
import inspect
import re
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Final

import pytest

from tests.support.source_tree import PACKAGES, ROOT, Module, modules

OURS: Final = tuple(package for package in PACKAGES if package != "tests")
PRIVATE: Final = {
    "_acked": "test_faust.py",
    "_acked_index": "test_faust.py",
    "_client": "test_aiokafka.py",
    "_closed": "test_aiokafka.py",
    "_commit": "test_faust.py",
    "_conn": "test_chdb.py",
    "_create_worker_consumer": "test_faust.py",
    "_ensure_consumer": "test_faust.py",
    "_fail_all": "test_aiokafka.py",
    "_fetcher": "test_aiokafka.py",
    "_fetch_max_wait_ms": "test_faust.py",
    "_get_active_partitions": "test_faust.py",
    "_getmany": "test_faust.py",
    "_pending_tasks": "test_aiokafka.py",
    "_pid_and_epoch": "test_aiokafka.py",
    "_read_offset": "test_faust.py",
    "_send_request": "test_topic_ids.py",
    "_sender": "test_aiokafka.py",
    "_sequence_numbers": "test_aiokafka.py",
    "_thread": "test_faust.py",
    "_txn_manager": "test_aiokafka.py",
    "_value_deserializer": "test_faust.py",
}
"""A private name of somebody else's that we touch → the contract that says what we take it for."""
GONE: Final = {"relay.app._Server.install_signal_handlers"}
"""Known to override nothing now, and to be removed with the next change of their file."""
NOT_PRIVATE: Final = {"_asdict", "_replace", "_exit", "_create_unverified_context"}
"""Python's own: documented in spite of their names."""
PEERS: Final = ("tests.bench.peers.quix_streams",)
"""Run in an environment of their own."""


def product() -> list[Module]:
    """Return the modules of ours that are no tests."""
    return [module for module in modules().values() if module.package != "tests"]


@cache
def classes() -> tuple[type, ...]:
    """Return our classes that have a base of a third party's."""
    found: dict[type, None] = {}
    for module in product():
        if module.path.stem != "__main__":
            for value in vars(importlib.import_module(module.name)).values():
                if inspect.isclass(value) and value.__module__ == module.name and list(foreign_bases(value)):
                    found[value] = None
    return tuple(found)


def foreign_bases(kind: type) -> Iterator[type]:
    """Yield what a class inherits from a third party, typed records aside: those are all ours to define."""
    for base in kind.__mro__:
        package = base.__module__.partition(".")[0]
        if package not in {*OURS, *sys.stdlib_module_names, "msgspec"}:
            yield base


@cache
def names_used() -> frozenset[str]:
    """Return every name that the product asks an object for, `super()` aside: that is no proof that we call our own."""
    nodes = (node for module in product() for node in ast.walk(module.tree) if isinstance(node, ast.Attribute))
    return frozenset(node.attr for node in nodes if ast.unparse(node.value) != "super()")


def methods(kind: type) -> list[str]:
    """Return the names of what a class defines itself."""
    kinds = (classmethod, staticmethod, property)
    return [
        name
        for name, value in vars(kind).items()
        if not name.startswith("__") and (inspect.isfunction(value) or isinstance(value, kinds))
    ]


@pytest.mark.parametrize("kind", classes(), ids=lambda kind: f"{kind.__module__}.{kind.__qualname__}")
def test_every_override_overrides(kind: type) -> None:
    """A method that nobody of ours calls is there for the third party to call, so its class must have it too."""
    for name in methods(kind):
        known = any(name in vars(base) for base in foreign_bases(kind))
        where = f"{kind.__module__}.{kind.__qualname__}.{name}"
        bases = ", ".join(base.__name__ for base in foreign_bases(kind))
        assert known or name in names_used() or where in GONE, (
            f"{where}: nobody of ours calls it, and {bases} has no such method: was it renamed?"
        )


def private_names(module: Module) -> Iterator[tuple[str, str]]:
    """Yield (where, name) of each private name of a third party's that a module touches."""
    heirs = {kind.__name__: set(vars(kind)) for kind in classes() if kind.__module__ == module.name}
    for node in _private_attributes(module.tree):
        if ast.unparse(node.value) not in {"self", "cls"} and node.attr not in NOT_PRIVATE:
            yield f"{module.name}:{node.lineno}", node.attr
    for heir in ast.walk(module.tree):
        if isinstance(heir, ast.ClassDef) and heir.name in heirs:
            mentioned = [n for n in _private_attributes(heir) if ast.unparse(n.value) in {"self", "cls"}]
            own = heirs[heir.name] | {node.attr for node in mentioned if isinstance(node.ctx, ast.Store)}
            yield from ((f"{module.name}:{node.lineno}", node.attr) for node in mentioned if node.attr not in own)


def _private_attributes(tree: ast.AST) -> Iterator[ast.Attribute]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and re.match(r"_[a-z]", node.attr):
            yield node


def test_every_private_name_has_its_contract() -> None:
    """Each private name of somebody else's that we touch is listed, and the contract beside it speaks of it."""
    touched: dict[str, str] = {}
    for module in product():
        touched |= {name: where for where, name in private_names(module)}
    strangers = {name: where for name, where in touched.items() if name not in PRIVATE}
    assert not strangers, f"not public, and no contract says what we take it for: {strangers}"
    assert not PRIVATE.keys() - touched.keys(), "listed, and touched no more: take it out"
    for name, contract in PRIVATE.items():
        text = Path(__file__).with_name(contract).read_text(encoding="utf-8")
        assert re.search(rf"\b{name}\b", text), f"{contract} says nothing of {name}, which {touched[name]} touches"


def _declared(*extras: str) -> set[str]:
    """Return the distributions that the project asks for, normalized."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = [*project["dependencies"], *(d for extra in extras for d in project["optional-dependencies"][extra])]
    return {_normal(re.split(r"[^\w.-]", each, maxsplit=1)[0]) for each in wanted}


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _undeclared(these: list[Module], declared: set[str]) -> dict[str, str]:
    """Return import name → a module, of what no declared distribution brings."""
    brought = packages_distributions()
    known = {*PACKAGES, *sys.stdlib_module_names}
    imported = {name.partition(".")[0]: module.name for module in these for name in module.imports()}
    return {
        name: where
        for name, where in imported.items()
        if name not in known and not {_normal(each) for each in brought.get(name, ())} & declared
    }


def test_what_the_product_imports_is_declared() -> None:
    """Everything imported comes of a distribution among the project's dependencies, none of a dependency's own."""
    undeclared = _undeclared(product(), _declared())
    assert not undeclared, f"write these into [project] dependencies: {undeclared}"


def test_what_tests_import_is_declared() -> None:
    """Tests may import what the extra `dev` brings as well."""
    tests = [module for module in modules().values() if module.package == "tests" and module.name not in PEERS]
    undeclared = _undeclared(tests, _declared("dev", "build"))
    assert not undeclared, f"write these into the extra dev: {undeclared}"

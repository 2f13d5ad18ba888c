"""The project's Python files as trees: what each imports, how long it is. For the rules of tests/test_tidy.py."""

import ast
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = (
    "schemas",
    "runtime",
    "ingest",
    "relay",
    "processors",
    "projections",
    "reconciliation",
    "operations",
    "serving",
    "deploy",
    "cli",
    "tests",
)


@dataclass(frozen=True)
class Module:
    """One Python file."""

    path: Path
    tree: ast.Module
    lines: int

    @property
    def name(self) -> str:
        """The dotted name, e.g. `ingest.http.routes`."""
        parts = self.path.relative_to(ROOT).with_suffix("").parts
        return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)

    @property
    def package(self) -> str:
        """The top-level package."""
        return self.path.relative_to(ROOT).parts[0]

    @property
    def docstring(self) -> str:
        """The module's docstring, or ""."""
        return ast.get_docstring(self.tree) or ""

    def imports(self) -> set[str]:
        """Return the dotted names it imports: modules, and `from`-imported names, which may be modules as well."""
        found: set[str] = set()
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                found |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
        return found

    def functions(self) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
        """Yield its functions and methods."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield node


@cache
def modules() -> dict[str, Module]:
    """Return every module of the project by its dotted name."""
    found = {}
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            text = path.read_text(encoding="utf-8")
            module = Module(path, ast.parse(text), text.count("\n"))
            found[module.name] = module
    return found


def reachable(*names: str) -> set[str]:
    """Return the modules of ours that are imported by the named ones, directly or not; themselves included."""
    known, waiting = set(names), list(names)
    while waiting:
        for imported in modules()[waiting.pop()].imports() & modules().keys():
            if imported not in known:
                known.add(imported)
                waiting.append(imported)
    return known


def defined_in(module: str) -> set[str]:
    """Return the names that a module defines or imports at its top."""
    found: set[str] = set()
    for node in modules()[module].tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found.add(node.name)
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            found |= {target.id for target in targets if isinstance(target, ast.Name)}
        elif isinstance(node, ast.Import | ast.ImportFrom):
            found |= {(alias.asname or alias.name) for alias in node.names}
    return found


@cache
def repository_files() -> tuple[Path, ...]:
    """Return the files and links that are kept in the repository, as git lists them."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True, text=True).stdout
    files = [ROOT / name for name in listed.split("\0") if name]
    return tuple(path for path in files if path.is_symlink() or path.is_file())

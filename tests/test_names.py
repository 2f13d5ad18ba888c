"""What a text names is there: files, folders and modules, in docstrings, comments, SQL, build files and documentation."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.source_tree import PACKAGES, ROOT, defined_in, modules, repository_files

_ROOMS = "|".join(PACKAGES)
_PATH = re.compile(rf"(?<![\w./-])(?:{_ROOMS}|docs)/[\w./-]*[\w/]")
"""A path from the root: `schemas/phone.py`, `deploy/local/`."""
_BARE = re.compile(r"`([\w-]+\.(?:py|sql|md|sh|proto))`")
"""A file named without its folder: it is beside the text that names it."""
_DOTTED = re.compile(rf"`((?:{_ROOMS})(?:\.(?!py`)\w+)+)(?:\(\))?`")
"""A module, or something in one."""
_MACHINES = re.compile(r"(?<![\w.])/(?:home|Users|root)/\w|[A-Z]:\\\\Users")
_LEFT_OUT = ("tests/payloads/", "tests/contracts/golden/", "deploy/requirements", ".gitignore")
_READ = frozenset({".py", ".sql", ".md", ".toml", ".yml", ".yaml", ".sh", ".xml", ".java", ".go", ""})
CODE = frozenset({".py", ".sql", ".sh", ".java", ".go"})
FILE_LINES_MAX = 300


def texts() -> Iterator[tuple[str, str]]:
    """Yield (path from the root, text) of every file that people wrote for people."""
    for path in repository_files():
        name = path.relative_to(ROOT).as_posix()
        if path.suffix in _READ and not name.startswith(_LEFT_OUT) and not path.is_symlink():
            yield name, path.read_text(encoding="utf-8")


def test_every_path_that_a_text_names_exists() -> None:
    """A file (with a suffix) or folder (with a slash at its end) of ours that a text names is there."""
    missing = {
        f"{name}: {path}"
        for name, text in texts()
        for path in _PATH.findall(text)
        if (path.endswith("/") or Path(path).suffix) and not (ROOT / path).exists()
    }
    assert not sorted(missing)


def test_every_file_named_without_a_folder_is_beside_the_text() -> None:
    """A file that a docstring or comment names in backquotes is in the folder of the file that says so."""
    missing = {
        f"{name}: {file}"
        for name, text in texts()
        if not name.endswith(".md")
        for file in _BARE.findall(text)
        if not (ROOT / name).parent.joinpath(file).exists()
    }
    assert not sorted(missing)


def test_every_module_that_a_text_names_exists() -> None:
    """A dotted name in backquotes that begins with a room is a module, or is defined in one."""
    missing = {f"{name}: {dotted}" for name, text in texts() for dotted in _DOTTED.findall(text) if not _known(dotted)}
    assert not sorted(missing)


def _known(dotted: str) -> bool:
    module = dotted
    while module and module not in modules():
        module = module.rpartition(".")[0]
    rest = dotted[len(module) + 1 :].split(".", maxsplit=1)[0]
    return module == dotted or (module != "" and rest in defined_in(module))


def test_no_line_has_a_path_of_the_machine_it_was_written_on() -> None:
    """No file, and no link, leads to a home directory or to where this checkout happens to be."""
    here = f"{ROOT}/" if len(ROOT.parts) > 3 else None
    found = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in repository_files()
        for number, line in enumerate(_content(path).splitlines(), start=1)
        if _MACHINES.search(line) or (here and here in line)
    ]
    assert not found


def _content(path: Path) -> str:
    return str(path.readlink()) if path.is_symlink() else path.read_text(encoding="utf-8", errors="replace")


@pytest.mark.parametrize("suffix", sorted(CODE))
def test_no_file_is_long(suffix: str) -> None:
    """A file of code, in whatever language, has at most 300 lines."""
    lines = {name: text.count("\n") for name, text in texts() if Path(name).suffix == suffix}
    assert not {name: count for name, count in lines.items() if count > FILE_LINES_MAX}

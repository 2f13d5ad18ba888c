"""The pages for people say what is there: paths, links, rooms, commands, targets, sources, settings.

What can be run is run by `tests/e2e/test_docs.py`.
"""

import re
import shlex
import tomllib
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from cli.__main__ import recibo
from schemas.sources import parse_sources
from schemas.topics import RAW, REQUESTS, Topics
from tests.support.pages import Block, anchors_of, blocks_of, page_names, prose_of, table_after, text_of
from tests.support.source_tree import ROOT
from tests.test_tidy import FLOORS, OURS

README_BYTES_MAX = 8 * 1024
QUESTIONS_MIN = 10
CHECKS = ("make", "toml", "flow")
SHELLS = ("sh", "bash")


def blocks(mark: str, detail: str = "") -> Iterator[Block]:
    """Yield the blocks of all pages with a mark, and with a detail where it is given."""
    for page in page_names():
        for block in blocks_of(page):
            if block.mark == mark and detail in ("", block.detail):
                yield block


def commands() -> Iterator[tuple[str, str]]:
    """Yield (where, command line) of each call of `recibo` that the pages show, in blocks and in backquotes."""
    for page in page_names():
        for block in blocks_of(page):
            if block.language in SHELLS:
                for line in block.text.splitlines():
                    found = re.search(r"(?:^|\| )(recibo .*?)(?:\s+#.*)?$", line)
                    if found:
                        yield block.where, found[1]
        for inline in re.findall(r"`(recibo [^`…]+)`", prose_of(page).replace("\n", " ")):
            yield page, inline


def test_the_readme_is_one_page() -> None:
    """README.md has at most 8 KiB: what is more is in docs/."""
    assert len(text_of("README.md").encode()) <= README_BYTES_MAX


def test_the_readme_links_to_every_page() -> None:
    """From the first page one comes to every other."""
    linked = set(re.findall(r"\]\(([^)#]+)", text_of("README.md")))
    assert set(page_names()) - {"README.md"} <= linked


def test_the_readme_shows_the_rooms_and_their_floors() -> None:
    """The table of rooms is the one that the imports are held to."""
    shown = [(int(floor), room.strip("`/")) for floor, room, _ in table_after("README.md", "## Where is what")]
    floors = [(number, room) for number, rooms in enumerate(FLOORS, 1) for room in rooms]
    assert sorted(shown) == sorted(floors)
    assert [floor for floor, _ in shown] == sorted((floor for floor, _ in shown), reverse=True)


@pytest.mark.parametrize("page", page_names())
def test_every_block_says_what_becomes_of_it(page: str) -> None:
    """A block is run, run by a test that exists, checked in a known way, or says why it is not run."""
    for block in blocks_of(page):
        assert block.mark, f"{block.where}: no mark in the line before it; see CONTRIBUTING.md"
        assert (block.mark == "run") == (not block.detail), f"{block.where}: say which test, which check, or why"
        if block.mark == "run by":
            assert (ROOT / block.detail).is_file(), f"{block.where}: {block.detail} is not there"
        if block.mark == "checked":
            assert block.detail in CHECKS, f"{block.where}: checked how? One of {', '.join(CHECKS)}"
        if block.mark == "run":
            assert block.language in (*SHELLS, "sql"), f"{block.where}: {block.language} is not run; another mark"


@pytest.mark.parametrize("page", page_names())
def test_every_link_leads_somewhere(page: str) -> None:
    """A link to a file of the checkout, and to a heading in it, is there."""
    for target in re.findall(r"\]\(([^)\s]+)\)", prose_of(page)):
        if target.startswith("https://"):
            continue
        path, _, anchor = target.partition("#")
        file = (ROOT / page).parent / path if path else ROOT / page
        assert file.exists(), f"{page}: {target}"
        if anchor:
            assert anchor in anchors_of(str(file.resolve().relative_to(ROOT.resolve()))), f"{page}: {target}"


@pytest.mark.parametrize("page", page_names())
def test_every_path_named_exists(page: str) -> None:
    """A file (with a suffix) or folder (with a slash at its end) that a page names in backquotes is there."""
    named = {part for part in prose_of(page).split("`")[1::2] if part.startswith((*(f"{r}/" for r in OURS), "tests/"))}
    missing = sorted(p for p in named if (p.endswith("/") or Path(p).suffix) and not Path(ROOT, p).exists())
    assert not missing


def test_every_make_target_and_benchmark_named_exists() -> None:
    """`make TARGET` and `make bench NAME=…`, in a block or in backquotes, are in the Makefile and in tests/bench/."""
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    for block in blocks("checked", "make"):
        assert all(line.startswith("make ") for line in block.text.splitlines()), f"{block.where}: only make"
    for page in page_names():
        for target, name in re.findall(r"(?:^|`)make ([a-z-]+)(?: NAME=(\w+))?", text_of(page), re.MULTILINE):
            assert target in targets, f"{page}: make {target}"
            assert not name or (ROOT / "tests" / "bench" / f"{name}.py").is_file(), f"{page}: {name} is no benchmark"


def test_every_command_and_option_named_exists() -> None:
    """`recibo …`, in a block or in backquotes, is a command, and its options are options of it."""
    for where, line in commands():
        command: click.Command = recibo
        words = shlex.split(line.rstrip(",;:"))[1:]
        while words and isinstance(command, click.Group) and not words[0].startswith("-"):
            found = command.get_command(click.Context(command), words[0])
            assert found or words[0].isupper(), f"{where}: recibo {words[0]} is no command ({line})"
            if found is None:
                break
            command, words = found, words[1:]
        known = {option for parameter in command.params for option in parameter.opts} | {"--help"}
        unknown = [word for word in words if word.startswith("--") and word.partition("=")[0] not in known]
        assert not unknown, f"{where}: {', '.join(unknown)} is no option ({line})"


def test_every_source_shown_can_be_read() -> None:
    """Each TOML block is a `recibo.toml` that is taken as it is."""
    for block in blocks("checked", "toml"):
        assert parse_sources(block.text, {}, block.where).by_name


def test_the_flow_shows_the_rooms_and_topics_that_there_are() -> None:
    """The picture names every stage and every topic, and none that does not exist."""
    (flow,) = blocks("checked", "flow")
    derived = Topics(1)
    topics = {RAW, REQUESTS, derived.message_events, derived.message_state}
    topics |= {derived.connection_events, derived.connection_state, derived.set_aside}
    named = set(re.findall(r"\b(?:webhook|message|connection)\.\w+", flow.text))
    assert named == {topic.removesuffix(".g1") for topic in topics}
    assert set(re.findall(r"<b>(\w+)/</b>", flow.text)) == {"ingest", "relay", "processors", "projections"}


def test_ten_questions_are_answered_by_file_names() -> None:
    """Each answer of docs/where-is-what.md is a file that has the thing asked for."""
    answers = table_after("docs/where-is-what.md", "# Where is what")
    assert len(answers) >= QUESTIONS_MIN
    for question, file, symbol in answers:
        text = (ROOT / file.strip("`")).read_text(encoding="utf-8")
        assert re.search(rf"\b{re.escape(symbol.strip('`'))}\b", text), f"{question}: {file} has no {symbol}"


def test_every_library_has_its_reason() -> None:
    """docs/decisions.md says of each dependency what it is for, and names no other."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    needed = {re.split(r"[\[=<>]", dependency)[0] for dependency in project["dependencies"]}
    assert {name for name, _ in table_after("docs/decisions.md", "## Libraries")} == needed


def test_every_view_has_an_example() -> None:
    """docs/data-teams.md queries each published view, those with parameters included."""
    queried = "\n".join(block.text for block in blocks_of("docs/data-teams.md") if block.language == "sql")
    views = (ROOT / "projections" / "clickhouse" / "views").glob("*.sql")
    published = {path.stem[3:] for path in views if "${views}." in path.read_text(encoding="utf-8")}
    assert published == set(re.findall(r"\brecibo(?:_numbers)?\.(\w+)", queried))

"""The pages for people (README.md, docs/ and their like) as text, links and fenced blocks, each block with its mark.

A mark is an HTML comment in the line before a block, which a reader does not see: `<!-- run -->`, `<!-- run by: TEST -->`,
`<!-- checked: KIND -->` or `<!-- not run: WHY -->`. CONTRIBUTING.md says what each of them means.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from tests.support.source_tree import ROOT

_FENCE = re.compile(r"```(\w*)$")
_MARK = re.compile(r"<!-- (run|run by|checked|not run)(?:: (.+))? -->$")


@dataclass(frozen=True)
class Block:
    """A fenced block."""

    page: str
    """The page's path from the root."""
    line: int
    """Of its opening fence."""
    language: str
    mark: str
    """`run`, `run by`, `checked`, `not run`; "" where it has none."""
    detail: str
    """What the mark says further: the test, the kind of check, or the reason."""
    text: str

    @property
    def where(self) -> str:
        """Where it is, as editors take it."""
        return f"{self.page}:{self.line}"


def page_names() -> list[str]:
    """Return the path of every page from the root, README.md first."""
    top = ("README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md")
    return [*top, *sorted(f"docs/{path.name}" for path in (ROOT / "docs").glob("*.md"))]


def text_of(page: str) -> str:
    """Return a page's text."""
    return (ROOT / page).read_text(encoding="utf-8")


def blocks_of(page: str) -> Iterator[Block]:
    """Yield the fenced blocks of a page, from top to bottom."""
    lines = iter(enumerate(text_of(page).splitlines(), 1))
    before = ""
    for number, line in lines:
        fence, mark = _FENCE.match(line), _MARK.match(before)
        before = line
        if fence is None:
            continue
        inside = []
        for _, line_inside in lines:
            if line_inside == "```":
                break
            inside.append(line_inside)
        kind, detail = (mark[1], mark[2] or "") if mark else ("", "")
        yield Block(page, number, fence[1], kind, detail, "\n".join(inside))


def prose_of(page: str) -> str:
    """Return a page's text without its fenced blocks."""
    return re.sub(r"^```.*?^```$", "", text_of(page), flags=re.MULTILINE | re.DOTALL)


def table_after(page: str, heading: str) -> list[list[str]]:
    """Return the cells of the first table after a heading (`# …`), its head left out."""
    _, _, after = f"\n{text_of(page)}".partition(f"\n{heading}\n")
    table = re.search(r"^\|.*\n\|[ |:-]+\n((?:\|.*\n)+)", after, re.MULTILINE)
    assert table, f"{page}: no table after {heading!r}"
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table[1].splitlines()]


def anchors_of(page: str) -> set[str]:
    """Return what a link to the page may name behind `#`: its headings, as GitHub spells them."""
    headings = re.findall(r"^#+ (.+)$", prose_of(page), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}

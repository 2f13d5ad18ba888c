"""Text of strangers on a terminal: brackets are no markup, and control characters are shown, not sent."""

import io

import pytest
from rich.table import Table

from cli._terminal import Terminal, printable

STRANGE = "mk-[/red]-[bold]x[/nope] \x1b[31mred\x1b]0;title\x07 \u202eabc"


def test_a_cell_shows_what_is_in_it() -> None:
    """A table of strangers' text, its heads too, is printed without an error and without an escape."""
    written = io.StringIO()
    terminal = Terminal(file=written, width=200, force_terminal=True, color_system=None)
    table = Table(STRANGE)
    table.add_row(STRANGE)
    terminal.print(table)
    terminal.print(STRANGE)
    assert written.getvalue().count("mk-[/red]-[bold]x[/nope] \\x1b[31mred\\x1b]0;title\\x07 \\u202eabc") == 3
    assert "\x1b]" not in written.getvalue()


@pytest.mark.parametrize("text", ["plain", "ção 日本", "a\tb\nc", "[x]"])
def test_usual_text_is_left_as_it_is(text: str) -> None:
    """Letters of any language, tabs and ends of lines stay."""
    assert printable(text) == text

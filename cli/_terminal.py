"""What commands print for people: text of strangers, which is no markup and moves no cursor."""

import re
from typing import Any, Final

from rich.console import Console
from rich.text import Text

_CONTROLS: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
"""Control characters but for tabs and ends of lines, and those that reorder what is read."""


class Terminal(Console):
    """rich's console without markup: brackets are brackets, and control characters are shown instead of sent."""

    def __init__(self, **options: Any) -> None:
        """As rich's, without markup."""
        super().__init__(markup=False, **options)

    def render_str(self, text: str, **options: Any) -> Text:
        """Render a text, wherever in a table or line it is."""
        return super().render_str(printable(text), **options)


def printable(text: str) -> str:
    """Return a text with every character that a terminal would obey replaced by how it is written. Pure."""
    return _CONTROLS.sub(lambda found: found[0].encode("unicode_escape").decode(), text)

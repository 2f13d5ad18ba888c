"""CSV that a spreadsheet takes for text: cells of strangers begin no formula. Pure.

Source: OWASP, "CSV Injection": a cell that begins with one of these characters is calculated, also `+55…`; an apostrophe before it
makes it a text. ClickHouse quotes texts and no numbers, so that a negative number stays one.
"""

from collections.abc import Iterable, Iterator
from typing import Final

_FORMULA: Final = frozenset(b"=+-@\t\r\n")
_QUOTE: Final = b'"'


def without_formulas(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Yield CSV as ClickHouse writes it, in whatever portions it comes, with an apostrophe before what would be calculated."""
    is_inside = begins = False
    is_between_cells = True
    for chunk in chunks:
        for number, piece in enumerate(chunk.split(_QUOTE)):
            if number:  # there was a quotation mark before it
                yield _QUOTE
                is_inside = not is_inside
                begins = is_inside and is_between_cells
                is_between_cells = False
            if not piece:
                continue
            if begins and piece[0] in _FORMULA:
                yield b"'"
            begins = False
            is_between_cells |= not is_inside
            yield piece

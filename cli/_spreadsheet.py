"""CSV that a spreadsheet takes for text: cells of strangers begin no formula. Pure.

Source: OWASP, "CSV Injection": a cell that begins with one of these characters is calculated, also `+55…`; an apostrophe before it
makes it a text. ClickHouse quotes texts and no numbers, so that a negative number stays one.
"""

from collections.abc import Iterable, Iterator
from typing import Final

from schemas.spreadsheet import FORMULA

_FORMULA: Final = tuple(first.encode() for first in FORMULA)
_BEGUN: Final = frozenset(first[:n] for first in _FORMULA for n in range(1, len(first)))
"""Part of a wide character: what comes next says which one."""
_QUOTE: Final = b'"'


def without_formulas(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Yield CSV as ClickHouse writes it, in whatever portions it comes, with an apostrophe before what would be calculated."""
    is_inside = begins = False
    is_between_cells = True
    held = b""
    for chunk in chunks:
        pieces = (held + chunk).split(_QUOTE)
        held = b""
        for number, piece in enumerate(pieces):
            if number:  # there was a quotation mark before it
                yield _QUOTE
                is_inside = not is_inside
                begins = is_inside and is_between_cells
                is_between_cells = False
            if not piece:
                continue
            if begins and piece in _BEGUN and number == len(pieces) - 1:
                held = piece
                continue
            if begins and piece.startswith(_FORMULA):
                yield b"'"
            begins = False
            is_between_cells |= not is_inside
            yield piece
    yield held

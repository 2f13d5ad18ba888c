"""Refused rows as a CSV file that a spreadsheet opens: where, what, why, what to do. No cell begins a formula."""

import csv
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from reconciliation.read.refusal import RowRefused
from schemas.errors import DeploymentError
from schemas.spreadsheet import FORMULA

COLUMNS: Final = ("row", "column", "value", "why", "what to do")


@contextmanager
def refused_file(path: Path | None) -> Iterator[Callable[[RowRefused], None]]:
    """Give a function that writes a refused row to `path`; None: nowhere. Raises DeploymentError: it cannot be written."""
    if path is None:
        yield lambda _: None
        return
    try:
        with path.open("w", encoding="utf-8-sig", newline="") as file:
            path.chmod(0o600)  # it has numbers of people in it
            writer = csv.writer(file)
            writer.writerow(COLUMNS)
            yield lambda refused: writer.writerow([refused.row, *map(_safe, refused[1:])])
    except OSError as error:
        raise DeploymentError(f"{path} cannot be written: {error}") from error


def _safe(text: str) -> str:
    return f"'{text}" if text.startswith(FORMULA) else text

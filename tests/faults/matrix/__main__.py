"""`make faults`: every row of the fault matrix, or some; `docs/faults.md` is written as rows end.

The last line is one JSON object: rows run, rows that held, and the names of those that did not.
"""

import json
import os
import re
import sys
import time
from datetime import UTC, datetime
from typing import Final

import click
import pytest

from runtime.programs import CHECKOUT
from tests.faults.matrix import page
from tests.faults.matrix.page import NOT_YET, Result
from tests.faults.matrix.row import Row, is_here
from tests.faults.matrix.size import ROUNDS_VARIABLE, SEED_VARIABLE
from tests.faults.matrix.table import FAMILIES, ROWS
from tests.faults.matrix.watch import Verdict, Watch
from tests.faults.tally import checked_out

PAGE: Final = CHECKOUT / "docs" / "faults.md"
_REASON_MAX: Final = 300
_FOLDERS: Final = re.compile(r"(?<![\w./:])/(?:[\w.+-]+/)+")


@click.command()
@click.option("--only", multiple=True, help="Rows whose name or source begins so; several may be given.")
@click.option("--rounds", default=3, show_default=True, help="Of the rows that go in rounds.")
@click.option("--from", "--seed", "seed", default=1, show_default=True, help="Of the rows that use chance.")
@click.option("--seconds-max", default=2400, show_default=True, help="Leave out the longest rows beyond this.")
@click.option("--page/--no-page", "writes_page", default=True, help="Whether to write docs/faults.md.")
@click.option("--missing", is_flag=True, help="Only rows that docs/faults.md does not say have held.")
@click.option("--list", "only_lists", is_flag=True, help="Print the names and end.")
def main(
    *,
    only: tuple[str, ...],
    rounds: int,
    seed: int,
    seconds_max: float,
    writes_page: bool,
    missing: bool,
    only_lists: bool,
) -> None:
    """Run rows of the fault matrix. Exit code 1 when one does not hold."""
    rows = chosen(only)
    if missing:
        known = results()
        rows = [row for row in rows if known.get(row.name, NOT_YET).verdict != "held"]
    rows = within(rows, seconds_max)
    if only_lists:
        for row in rows:
            click.echo(f"{row.name} ({row.source}; about {row.seconds:.0f} s)")
        return
    run = _Run(rows, writes_page=writes_page)
    os.environ |= {ROUNDS_VARIABLE: str(rounds), SEED_VARIABLE: str(seed)}
    nodes = list(dict.fromkeys(node for row in rows for node in row.shown_by if is_here(node)))
    watch = Watch(rows, run.tell)
    if nodes:
        # No summary of failures: each row says its own. Markers that leave tests out of `make test` do not count here.
        options = [
            "-q",
            "--no-header",
            "--tb=short",
            "-p",
            "no:cacheprovider",
            "-m",
            "",
            "--timeout=600",
            "-o",
            "addopts=",
        ]
        pytest.main([*options, "--import-mode=importlib", *nodes], plugins=[watch])
    watch.conclude_all()
    click.echo(json.dumps({"rows": run.held + len(run.failed), "held": run.held, "failed": run.failed}))
    sys.exit(1 if run.failed else 0)


def chosen(only: tuple[str, ...]) -> list[Row]:
    """Return the rows whose name or source begins as asked; all where nothing is asked."""
    rows = [row for row in ROWS if not only or row.name.startswith(only) or row.source.startswith(only)]
    if not rows:
        raise click.UsageError(f"no row begins with {', '.join(only)}; --list prints their names")
    return rows


def results() -> dict[str, Result]:
    """Return what docs/faults.md says of each row."""
    return page.read(PAGE.read_text(encoding="utf-8")) if PAGE.exists() else {}


def within(rows: list[Row], seconds_max: float) -> list[Row]:
    """Return the rows, without the longest ones where all together would take longer."""
    kept, left = set(), seconds_max
    for row in sorted(rows, key=lambda row: row.seconds):
        left -= row.seconds
        if left >= 0:
            kept.add(row.name)
    return [row for row in rows if row.name in kept]


class _Run:
    """What became of the rows so far."""

    def __init__(self, rows: list[Row], *, writes_page: bool) -> None:
        self._of = len(rows)
        self._writes_page = writes_page
        self._commit = checked_out(beside=("docs/faults.md",))
        self._began = time.monotonic()
        self.held = 0
        self.failed: list[str] = []

    def tell(self, row: Row, verdict: Verdict, why: str) -> None:
        """Take a row's verdict, say it, and write the page: a run that is stopped has told until then."""
        if verdict == "held":
            self.held += 1
        else:
            self.failed.append(row.name)
        done = self.held + len(self.failed)
        said = f"{verdict}: {one_line(why)}" if why else verdict
        click.echo(f"\n[{done} of {self._of}, {time.monotonic() - self._began:.0f} s] {row.name}: {said}")
        if self._writes_page:  # read again: another run of other rows may have written meanwhile
            known = results()
            known[row.name] = Result(said, self._commit, datetime.now(UTC).date().isoformat())
            PAGE.write_text(page.render(FAMILIES, known), encoding="utf-8")


def one_line(why: str) -> str:
    """Return a reason without line ends and folders of this machine, short enough for a table."""
    return " ".join(_FOLDERS.sub("…/", why).split())[:_REASON_MAX]


if __name__ == "__main__":
    main()

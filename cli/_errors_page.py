"""`docs/errors.md`, made of the lists of errors beside each dependency: `python -m cli._errors_page`."""

import errno
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Final

import runtime.clickhouse.failures
import runtime.disk_failures
import runtime.kafka.failures
from runtime.failure import Cause
from runtime.programs import CHECKOUT
from runtime.whole_file import replace_file

PAGE: Final = Path("docs", "errors.md")
_INTRODUCTION: Final = """\
# Kinds of error

Made by `make errors-page` of the lists in `runtime/`: change those, not this page.

Every failure of a call to Kafka, ClickHouse or a disk is one of three, and what Recibo does depends on the kind alone:

| kind | what Recibo does |
| --- | --- |
| away | waits and tries again; throws nothing away that is healthy |
| refused | finds the record by halves, sets it aside where an operator sees it, continues with the others |
| bug | stops the smallest thing that can be stopped (a sender, a lane, a process), loudly; its supervisor starts it again |
"""


def page() -> str:
    """Return the page's text."""
    return "\n".join(
        [
            _INTRODUCTION,
            _part("Kafka", runtime.kafka.failures.CAUSES, lambda error: error.__name__),
            _part("ClickHouse", runtime.clickhouse.failures.CAUSES, lambda error: error.name),
            (
                "Every other code of ClickHouse is *away*: waiting loses nothing, setting aside what was sound would. Values that "
                "the client itself cannot convert are *refused*.\n"
            ),
            _part("A disk", runtime.disk_failures.CAUSES, errno.errorcode.__getitem__),
            "Every other error number is *away*.\n",
        ]
    )


def _part(title: str, causes: Iterable[Cause[Any]], name: Callable[[Any], str]) -> str:
    rows = [
        f"| {cause.kind} | {cause.why} | {' '.join(f'`{name(error)}`' for error in cause.errors)} |" for cause in causes
    ]
    return "\n".join([f"## {title}", "", "| kind | why | errors |", "| --- | --- | --- |", *rows, ""])


if __name__ == "__main__":
    replace_file(CHECKOUT / PAGE, page())

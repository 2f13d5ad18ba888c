"""A pytest plugin that says of each row, as its last test ends, whether it held."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

import pytest

from tests.faults.matrix.row import Row

Verdict = Literal["held", "failed", "not run", "no test", "not built yet"]

NO_TEST: Final = "no test"
NOT_BUILT: Final = "not built yet"


@dataclass(eq=False)  # pytest keeps plugins in a dictionary
class Watch:
    """Follows one run of pytest."""

    rows: Sequence[Row]
    tell: Callable[[Row, Verdict, str], None]
    """Called once a row, as soon as its verdict is known, with why where it did not hold."""
    _waiting: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    """Row → ids of its tests that have not ended."""
    _wrong: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    _left_out: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    _told: set[str] = field(default_factory=set)
    _begun: set[str] = field(default_factory=set)

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Note which tests each row waits for."""
        for item in session.items:
            for row in self._of(item.nodeid):
                self._waiting[row.name].add(item.nodeid)
        for row in self.rows:
            found = {node_of(nodeid) for nodeid in self._waiting[row.name]}
            self._left_out[row.name] += [f"{node} cannot run here" for node in row.shown_by if node not in found]

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        """Note which rows a run came to."""
        self._begun |= {row.name for row in self._of(nodeid)}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take what became of a phase of a test."""
        for row in self._of(report.nodeid):
            if report.failed:
                self._wrong[row.name].append(f"{_short(report.nodeid)}: {_reason(report)}")
            if report.skipped and not hasattr(report, "wasxfail"):
                self._left_out[row.name].append(f"{_short(report.nodeid)} was skipped")
            if report.skipped and hasattr(report, "wasxfail"):
                self._wrong[row.name].append(f"{_short(report.nodeid)}: {report.wasxfail}")
            if report.when == "teardown":
                self._waiting[row.name].discard(report.nodeid)
                if not self._waiting[row.name]:
                    self._conclude(row)

    def conclude_all(self) -> None:
        """Say of each row that was not told yet what became of it: its tests did not run to their end, or it has none.

        A row that a run which was stopped had not come to keeps its last result.
        """
        for row in self.rows:
            has_to_come = bool(self._waiting[row.name]) and row.name not in self._begun
            if row.name not in self._told and not has_to_come:
                unfinished = sorted(map(_short, self._waiting[row.name]))
                self._wrong[row.name] += [f"{test} did not end" for test in unfinished]
                self._conclude(row)

    def _conclude(self, row: Row) -> None:
        self._told.add(row.name)
        if row.not_built:
            self.tell(row, NOT_BUILT, row.not_built)
        elif not row.shown_by:
            self.tell(row, NO_TEST, "")
        elif self._wrong[row.name]:
            self.tell(row, "failed", "; ".join(dict.fromkeys(self._wrong[row.name])))
        elif self._left_out[row.name]:
            self.tell(row, "not run", "; ".join(dict.fromkeys(self._left_out[row.name])))
        else:
            self.tell(row, "held", "")

    def _of(self, nodeid: str) -> list[Row]:
        return [row for row in self.rows if node_of(nodeid) in row.shown_by]


def node_of(nodeid: str) -> str:
    """Return a test's id without its parameters."""
    return nodeid.partition("[")[0]


def _short(nodeid: str) -> str:
    return nodeid.partition("::")[2]


def _reason(report: pytest.TestReport) -> str:
    crash = getattr(report.longrepr, "reprcrash", None)
    text = str(getattr(crash, "message", report.longrepr)).strip()
    return text.partition("\n")[0][:160]

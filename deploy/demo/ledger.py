"""The ledger: what was posted, what became of it, and every difference from the truth."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from rich.console import Console
from rich.table import Table

from deploy.demo.attempts import Attempt
from deploy.demo.difference import Difference
from deploy.demo.match import Matched
from deploy.demo.observed import Observed
from deploy.demo.said import CONNECTION_RANKS, RANKS
from deploy.demo.truth import Truth

DIFFERENCES_SHOWN_MAX: Final = 25
_OUTCOMES: Final = ("advanced", "filled", "repeat", "overflow", "unselected", "ignored", "unmapped", "quarantined")


@dataclass(slots=True)
class Ledger:
    """The result of one run."""

    requests: int = 0
    answers: Counter[str] = field(default_factory=Counter)
    """HTTP status (or `none`) → attempts that ended so."""
    raw: int = 0
    """Records of the raw log, whole batches included."""
    batches: int = 0
    deliveries: int = 0
    """Events delivered: distinct (request id, index)."""
    stored_twice: int = 0
    """Second copies of our own making (a crash, the spool): at least once, and counted once."""
    distinct: int = 0
    """Distinct events, of messages and connections."""
    repeats: int = 0
    """Deliveries of an event already known."""
    outcomes: Counter[str] = field(default_factory=Counter)
    messages: Counter[str] = field(default_factory=Counter)
    """Final status → messages."""
    connections: Counter[str] = field(default_factory=Counter)
    sends: Counter[str] = field(default_factory=Counter)
    """Class → rows of what was sent, where it was reconciled."""
    safe: int = 0
    """Rows of them that are safe to be sent again."""
    seconds: float = 0.0
    """From the first post until the tables had caught up."""
    answered_s: float = 0.0
    """From the first post to the last answer."""
    differences: list[Difference] = field(default_factory=list)

    @property
    def is_exact(self) -> bool:
        """Whether there is no difference at all."""
        return not self.differences


def reckon(attempts: Sequence[Attempt], matched: Matched, truth: Truth, observed: Observed) -> Ledger:
    """Return the ledger of a run, differences and times left out."""
    outcomes = Counter(outcome for outcome, _ in truth.outcomes.values())
    deliveries = matched.deliveries_told()
    of_events = {(r.request_id, r.index) for r, _, _ in matched.records if truth.outcomes[r.at][1]}
    distinct = sum(
        len({told.id for told in history.folded if told.id not in history.listed} | history.listed.keys())
        for history in truth.histories.values()
    )
    return Ledger(
        requests=len(attempts),
        answers=Counter("none" if a.status is None else str(a.status) for a in attempts),
        raw=len(observed.raw),
        batches=len(matched.batches),
        deliveries=deliveries,
        stored_twice=len(matched.records) - deliveries,
        distinct=distinct,
        repeats=len(of_events) - distinct,
        outcomes=outcomes,
        messages=Counter(h.state()["status"] for subject, h in truth.histories.items() if subject[2]),
        connections=Counter(h.state()["status"] for subject, h in truth.histories.items() if not subject[2]),
    )


def print_ledger(ledger: Ledger, console: Console) -> None:
    """Print the ledger for people."""
    table = Table("", "count", title="Ledger", title_justify="left")
    table.columns[1].justify = "right"
    for name, count in _lines(ledger):
        table.add_row(name, f"{count:,}") if isinstance(count, int) else table.add_section()
    console.print(table)
    for difference in ledger.differences[:DIFFERENCES_SHOWN_MAX]:
        console.print(f"✗ {difference}", style="red", markup=False, highlight=False)
    left = len(ledger.differences) - DIFFERENCES_SHOWN_MAX
    if left > 0:
        console.print(f"✗ … and {left:,} more", style="red")
    rate = ledger.deliveries / ledger.seconds if ledger.seconds else 0.0
    console.print(
        f"{ledger.deliveries:,} events in {ledger.seconds:.1f} s over the whole line: {rate:,.0f} events/s"
        f" (answered within {ledger.answered_s:.1f} s)",
        highlight=False,
    )
    if ledger.is_exact:
        console.print("Exact: every message and every count is what the truth says.", style="bold green")
    else:
        console.print(f"NOT exact: {len(ledger.differences):,} differences.", style="bold red")


def _lines(ledger: Ledger) -> list[tuple[str, int | None]]:
    """Return what is printed, None where a section ends."""
    return [
        ("requests sent", ledger.requests),
        *((f"  answered {status}", count) for status, count in sorted(ledger.answers.items())),
        ("", None),
        ("raw records", ledger.raw),
        ("  whole batches (evidence)", ledger.batches),
        ("  stored twice by ourselves", ledger.stored_twice),
        ("events delivered", ledger.deliveries),
        ("  distinct", ledger.distinct),
        ("  repeats", ledger.repeats),
        ("", None),
        *((f"outcome {name}", ledger.outcomes[name]) for name in _OUTCOMES if ledger.outcomes[name]),
        ("", None),
        ("messages", ledger.messages.total()),
        *((f"  {status}", ledger.messages[status]) for status in RANKS),
        ("connections", ledger.connections.total()),
        *((f"  {status}", ledger.connections[status]) for status in CONNECTION_RANKS),
        ("", None),
        *_sends(ledger),
        ("differences", len(ledger.differences)),
        *((f"  in {where}", count) for where, count in Counter(d.where for d in ledger.differences).most_common()),
    ]


def _sends(ledger: Ledger) -> list[tuple[str, int | None]]:
    found = ledger.sends
    if not found:
        return []
    return [
        ("rows of sends", found.total() - found["no_send"]),
        *((f"  {name}", count) for name, count in sorted(found.items()) if name != "no_send"),
        ("  safe to be sent again", ledger.safe),
        ("messages that no row means", found["no_send"]),
        ("", None),
    ]

"""What was sent, held against what came back, as `recibo reconcile` does it: rows of every class, whose truth is known.

Only on a stack of the demo's own: somebody is forgotten, and rows are kept that nobody sent.
"""

import asyncio
import csv
import io
import os
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from deploy.demo.deployment import Deployment
from deploy.demo.difference import Difference
from deploy.demo.sends_truth import WEAK_KEY, Plan, account_of, messages_of, plan
from deploy.demo.truth import Truth
from operations.forget.forget import Forgetting
from operations.forget.key import made_key
from projections.settings import Settings
from reconciliation.keep.keeping import Keeping
from reconciliation.keep.send_tables import ManifestRow, SendTables
from reconciliation.match.keys import read_keys
from reconciliation.progress import Progress
from reconciliation.read.send_rows import Manifest
from reconciliation.report.resend_list import resend_list
from reconciliation.run.make import Asked, make_run
from reconciliation.run.record import RunRecord
from reconciliation.run.run_tables import RunTables
from runtime.clickhouse.client import connect
from schemas.identity import Identity
from schemas.send import Send

MANIFEST: Final = "key:demo"
_TIMEOUT_S: Final = 300
_FOUND: Final = (
    "SELECT row, toString(class), message_id FROM {store}.reconciliation_difference FINAL "
    "WHERE account = {{account:String}} AND run = {{run:String}}"
)


@dataclass(frozen=True, slots=True)
class Sends:
    """What came of it."""

    classes: Counter[str]
    """Class → rows, `no_send` among them."""
    safe: int
    """Rows that are safe to be sent again."""
    differences: list[Difference]
    """Every way in which that is not the truth."""


async def compare_sends(deployment: Deployment, truth: Truth, show: Progress) -> Sends:
    """Keep rows of every class, forget a person, reconcile, and hold what is found to the truth.

    Args:
        deployment: of the demo's own.
        truth: what its tables hold.
        show: told of waiting.
    """
    account = account_of(truth)
    planned = plan(messages_of(truth, account), time.time_ns() // 1_000_000)
    clickhouse = deployment.clickhouse
    with connect(clickhouse, timeout_s=_TIMEOUT_S, writes=True) as client:
        if deployment.secrets_file and planned.forgotten[0]:
            settings = Settings(kafka=deployment.kafka, clickhouse=clickhouse, generation=deployment.generation)
            key_of = partial(made_key, deployment.secrets_file, os.environ)
            await Forgetting(settings, client, key_of, show).forget(Identity(*planned.forgotten))

        def rows(manifest: Manifest) -> Iterator[Send]:
            of_all = {"account": account, "manifest": manifest.name, "role": "sender", "version": manifest.version}
            return (Send(**of_all, row=n, **row) for n, row in enumerate(planned.rows, 1))  # type: ignore[arg-type]  # as Send says

        keeping = Keeping(deployment.kafka, SendTables(client, clickhouse.database), show)
        await keeping.keep(ManifestRow(account, MANIFEST, "sender"), rows, lambda _: None)
        tables = RunTables(client, clickhouse.database)
        return await asyncio.to_thread(_compared, tables, clickhouse.views_database, account, planned)


def _compared(tables: RunTables, views: str, account: str, planned: Plan) -> Sends:
    asked = Asked(
        account=account,
        manifests=(MANIFEST,),
        name="demo",
        by="demo",
        time_zone="UTC",
        keys=read_keys((), (WEAK_KEY,)),
    )
    record = make_run(tables, views, asked, time.time_ns() // 1_000_000)
    text = _FOUND.format(store=tables.store)
    found = tables.client.query(text, parameters={"account": account, "run": record.run}).result_rows
    safe = [int(line["row"]) for line in csv.DictReader(io.StringIO(_safe(tables, record, views)))]
    differences = [*wrong_classes(account, planned, found), *wrongly_safe(account, planned, safe)]
    return Sends(Counter(what for _, what, _ in found), len(safe), differences)


def _safe(tables: RunTables, record: RunRecord, views: str) -> str:
    return b"".join(resend_list(tables, record, views, "safe")).decode()


def wrong_classes(account: str, planned: Plan, found: Sequence[Sequence[Any]]) -> Iterator[Difference]:
    """Yield rows of another class than the truth has, and messages that are wrongly told to have a row, or none."""
    classes = {row: what for row, what, _ in found if row}
    for row, expected in enumerate(planned.classes, 1):
        if classes.get(row) != expected:
            own = planned.rows[row - 1]
            subject = f"{account}/{own.get('message_id') or own.get('reference') or row}"
            yield Difference("reconciliation", subject, f"row {row} is {classes.get(row)}, the truth is {expected}")
    without = {message_id for row, what, message_id in found if what == "no_send"}
    for message_id in sorted(without ^ planned.without):
        said = "has no row, which is not told" if message_id in planned.without else "is told to have no row"
        yield Difference("reconciliation", f"{account}/{message_id}", said)


def wrongly_safe(account: str, planned: Plan, safe: Sequence[int]) -> Iterator[Difference]:
    """Yield rows that are called safe to be sent again, and whose message may have arrived."""
    for row in safe:
        if planned.may_have_arrived(row):
            subject = f"{account}/{planned.rows[row - 1].get('message_id', '')}"
            yield Difference("resend list", subject, f"row {row} is called safe to be sent again, and WhatsApp took it")

"""Sends kept: read → `message.sends` → `message_send`, and only then is their manifest complete.

Every step may run twice. A row's key is (account, manifest, row) and a run's version is later than all before it: killed
anywhere and run again, the table has exactly the rows of the last run, since what only an earlier one wrote is taken back.
"""

import asyncio
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import islice
from typing import Final, cast

from reconciliation.keep.send_log import SendLog
from reconciliation.keep.send_tables import ManifestRow, SendTables
from reconciliation.progress import Progress
from reconciliation.read.refusal import RowRefused
from reconciliation.read.send_rows import Manifest
from runtime.kafka.settings import KafkaSettings
from schemas.errors import DeploymentError
from schemas.send import Role, Send

_AT_ONCE: Final = 2_000
"""Rows read between two looks at the network."""
_POLL_S: Final = 0.25
STILL_S_MAX: Final = 30.0
"""How long the table may gain no row before that is said."""

Rows = Callable[[Manifest], Iterator[Send | RowRefused]]
"""The rows of a manifest, read from its beginning."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What became of a file's or table's rows: `manifest.rows` were kept, `manifest.refused` not."""

    manifest: ManifestRow
    was_known: bool = False
    """The same rows were kept before: nothing was written."""
    taken_back: int = 0
    """Rows of an earlier run, or of the manifest that this one replaces, which are no more."""


class Keeping:
    """Writes sends of one deployment. Each method raises DeploymentError where it cannot end, and may then be called again."""

    def __init__(
        self, kafka: KafkaSettings, tables: SendTables, progress: Progress, patience_s: float = STILL_S_MAX
    ) -> None:
        """Write through `kafka`, and wait for `tables`, which a projector fills."""
        self._kafka = kafka
        self._tables = tables
        self._progress = progress
        self._patience_s = patience_s

    async def known(self, row: ManifestRow) -> Kept | None:
        """Return what was kept, where the same rows were kept in the same way; else None."""
        known = await asyncio.to_thread(self._tables.manifest, row.account, row.manifest)
        if known is None or known.is_deleted or not known.is_complete:
            return None
        return Kept(known, was_known=True) if (known.role, known.mapping) == (row.role, row.mapping) else None

    async def keep(
        self, row: ManifestRow, rows: Rows, on_refused: Callable[[RowRefused], None], *, adds: bool = False
    ) -> Kept:
        """Keep rows, and return when the table has them.

        Args:
            row: what they belong to; counts, times and version are filled in here.
            rows: reads them.
            on_refused: called with each row that is refused.
            adds: whether rows of earlier runs stay (a table read on from its watermark); else they are taken back.
        """
        begun = await self._begin(row)
        manifest = Manifest(row.account, row.manifest, cast("Role", row.role), begun.version)
        kept, refused = await self._append(manifest, rows(manifest), on_refused)
        await self._arrived(manifest, kept)
        taken_back = 0 if adds else await self._take_back(manifest, kept)
        count = await asyncio.to_thread(self._tables.count, row.account, row.manifest) if adds else kept
        done = replace(begun, rows=count, refused=refused, is_complete=True)
        if row.replaces:
            taken_back += (await self.delete(row.account, row.replaces)).taken_back
        return Kept(await self._note(done), taken_back=taken_back)

    async def delete(self, account: str, manifest: str) -> Kept:
        """Take all rows of a manifest back. Raises ConfigurationError where there is none."""
        known = await asyncio.to_thread(self._tables.named, account, manifest, deleted=True)
        begun = await self._begin(known)
        taken = await self._take_back(
            Manifest(known.account, known.manifest, cast("Role", known.role), begun.version), 0
        )
        return Kept(await self._note(replace(begun, rows=0, is_deleted=True)), taken_back=taken)

    async def _begin(self, row: ManifestRow) -> ManifestRow:
        """Note that a run begins, under a version later than all rows of the manifest, and return it so."""
        known = await asyncio.to_thread(self._tables.manifest, row.account, row.manifest)
        last = await asyncio.to_thread(self._tables.last_version, row.account, row.manifest)
        now_ms = max(_now_ms(), last + 1)
        first_at = known.first_at if known and not known.is_deleted else now_ms
        begun = replace(row, first_at=first_at, last_at=now_ms, is_complete=False, is_deleted=False)
        return await asyncio.to_thread(self._tables.write, begun, now_ms)

    async def _note(self, row: ManifestRow) -> ManifestRow:
        return await asyncio.to_thread(self._tables.write, row, _now_ms())

    async def _append(
        self, manifest: Manifest, rows: Iterator[Send | RowRefused], on_refused: Callable[[RowRefused], None]
    ) -> tuple[int, int]:
        """Append all sends to the log; return how many rows are kept and refused."""
        kept = refused = 0
        async with SendLog(self._kafka, manifest.account, manifest.name) as log:
            while some := list(islice(rows, _AT_ONCE)):
                sends = []
                for one in some:
                    if isinstance(one, Send):
                        sends.append(one)
                    else:
                        on_refused(one)
                await log.append(sends)
                kept += len(sends)
                refused += len(some) - len(sends)
        return kept, refused

    async def _take_back(self, manifest: Manifest, kept: int) -> int:
        """Delete the rows that are older than the manifest's version; return how many they were."""
        older = await asyncio.to_thread(
            lambda: list(self._tables.older_rows(manifest.account, manifest.name, manifest.version))
        )
        if not older:
            return 0
        async with SendLog(self._kafka, manifest.account, manifest.name) as log:
            for numbers in older:
                for start in range(0, len(numbers), _AT_ONCE):
                    await log.append([_deleted(manifest, row) for row in numbers[start : start + _AT_ONCE]])
        taken = sum(map(len, older))
        await self._arrived(manifest, kept + taken)
        return taken

    async def _arrived(self, manifest: Manifest, expected: int) -> None:
        """Wait until the table has so many rows of the manifest's version."""
        seen, moved_at = -1, time.monotonic()
        while True:
            found = await self._in_table(manifest, exactly=False)
            if found >= expected:
                found = await self._in_table(manifest, exactly=True)
            self._progress("in the table", min(found, expected), expected)
            if found >= expected:
                return
            if found != seen:
                seen, moved_at = found, time.monotonic()
            if time.monotonic() - moved_at > self._patience_s:
                raise DeploymentError(
                    f"{expected:,} rows are in {self._kafka.topics().sends}, and {found:,} of them in message_send, for "
                    f"{self._patience_s:.0f} s: the projections stand still (their /readyz says why). Start them, and run this again"
                )
            await asyncio.sleep(_POLL_S)

    async def _in_table(self, manifest: Manifest, *, exactly: bool) -> int:
        m = manifest
        return await asyncio.to_thread(self._tables.arrived, m.account, m.name, m.version, exactly=exactly)


def _deleted(manifest: Manifest, row: int) -> Send:
    m = manifest
    return Send(account=m.account, manifest=m.name, row=row, role=m.role, version=m.version, is_deleted=True)


def _now_ms() -> int:
    return time.time_ns() // 1_000_000

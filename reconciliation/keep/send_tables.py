"""What the tables know of manifests and their sends, and what is written of a manifest."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import Any, Final

from clickhouse_connect.driver.client import Client

from schemas.errors import ConfigurationError

_SETTINGS: Final[dict[str, Any]] = {"async_insert": 0, "insert_deduplicate": 0}
_OF: Final = "account = {account:String} AND manifest = {manifest:String}"
_AT: Final = "version = fromUnixTimestamp64Milli({version:Int64}, 'UTC')"


@dataclass(frozen=True, slots=True)
class ManifestRow:
    """A row of `send_manifest`: where sends came from. Times are UTC ms."""

    account: str
    manifest: str
    role: str
    name: str = ""
    mapping: str = ""
    rows: int = 0
    refused: int = 0
    first_at: int = 0
    last_at: int = 0
    watermark: str = ""
    by: str = ""
    replaces: str = ""
    is_complete: bool = False
    is_deleted: bool = False
    version: int = 0


_COLUMNS: Final = tuple(ManifestRow.__dataclass_fields__)
_TIMES: Final = ("first_at", "last_at", "version")
_READ: Final = ", ".join(
    f"toUnixTimestamp64Milli(m.{name}) AS {name}" if name in _TIMES else f"m.{name} AS {name}" for name in _COLUMNS
)


class SendTables:
    """The tables of sends, in one database. Every call blocks, and raises what the client raises."""

    def __init__(self, client: Client, store: str) -> None:
        """Ask through `client` the database `store`."""
        self.client = client
        self._store = store

    def manifests(self, account: str = "", *, deleted: bool = False) -> list[ManifestRow]:
        """Return what is known of manifests, those written last first; `rows` as they were counted when written."""
        text = (
            f"SELECT {_READ} FROM {self._store}.send_manifest AS m FINAL "  # noqa: S608 - names of ours
            "WHERE ({account:String} = '' OR m.account = {account:String}) AND (NOT m.is_deleted OR {deleted:Bool}) "
            "ORDER BY m.last_at DESC, m.account, m.manifest"
        )
        rows = self.client.query(text, parameters={"account": account, "deleted": deleted}).result_rows
        return [ManifestRow(*row) for row in rows]

    def manifest(self, account: str, manifest: str) -> ManifestRow | None:
        """Return what is known of a manifest, deleted or not; None: nothing."""
        text = f"SELECT {_READ} FROM {self._store}.send_manifest AS m FINAL WHERE m.account = {{account:String}} AND m.manifest = {{manifest:String}}"  # noqa: S608
        rows = self.client.query(text, parameters={"account": account, "manifest": manifest}).result_rows
        return ManifestRow(*rows[0]) if rows else None

    def named(self, account: str, begins: str, *, deleted: bool = False) -> ManifestRow:
        """Return the one manifest whose name is, or begins with, a text. Raises ConfigurationError: none, or several."""
        found = [m for m in self.manifests(account, deleted=deleted) if m.manifest.startswith(begins)]
        exact = [m for m in found if m.manifest == begins]
        if len(exact or found) == 1:
            return (exact or found)[0]
        what = f"{len(found)} manifests begin so" if found else "no manifest begins so"
        raise ConfigurationError(f"{begins}: {what}; `recibo sends list` shows them, with their accounts")

    def write(self, row: ManifestRow, now_ms: int) -> ManifestRow:
        """Note what is known of a manifest, later than all that was noted. Return it as it was noted."""
        known = self.manifest(row.account, row.manifest)
        row = replace(row, version=max(now_ms, known.version + 1 if known else 0))
        values = [_time(value) if name in _TIMES else value for name, value in asdict(row).items()]
        self.client.insert(f"{self._store}.send_manifest", [values], column_names=_COLUMNS, settings=_SETTINGS)
        return row

    def last_version(self, account: str, manifest: str) -> int:
        """Return the latest version of a manifest's rows, UTC ms; 0 where there is none."""
        text = f"SELECT toUnixTimestamp64Milli(max(version)) FROM {self._store}.message_send WHERE {_OF}"  # noqa: S608
        return int(self._value(text, account, manifest))

    def count(self, account: str, manifest: str) -> int:
        """Return how many sends a manifest has now."""
        text = f"SELECT count() FROM {self._store}.message_send FINAL WHERE {_OF} AND NOT is_deleted"  # noqa: S608
        return int(self._value(text, account, manifest))

    def arrived(self, account: str, manifest: str, version: int, *, exactly: bool) -> int:
        """Return how many rows of a version are in the table; cheap where repeats of a row may be counted."""
        counted = "uniqExact(row)" if exactly else "count()"
        text = f"SELECT {counted} FROM {self._store}.message_send WHERE {_OF} AND {_AT}"  # noqa: S608
        return int(self._value(text, account, manifest, version=version))

    def older_rows(self, account: str, manifest: str, version: int) -> Iterator[Sequence[int]]:
        """Yield the numbers of the rows that are older than a version and not deleted, in portions."""
        text = (
            f"SELECT row FROM {self._store}.message_send FINAL WHERE {_OF} AND NOT is_deleted "  # noqa: S608
            "AND version < fromUnixTimestamp64Milli({version:Int64}, 'UTC')"
        )
        parameters = {"account": account, "manifest": manifest, "version": version}
        with self.client.query_column_block_stream(text, parameters=parameters) as blocks:
            for (rows,) in blocks:
                yield [int(row) for row in rows]

    def mapping(self, name: str) -> str:
        """Return the mapping saved under a name, JSON. Raises ConfigurationError: there is none."""
        text = f"SELECT mapping FROM {self._store}.send_mapping FINAL WHERE name = {{name:String}}"  # noqa: S608
        rows = self.client.query(text, parameters={"name": name}).result_rows
        if not rows:
            known = self.client.query(
                f"SELECT DISTINCT name FROM {self._store}.send_mapping ORDER BY name"  # noqa: S608
            ).result_rows
            listed = ", ".join(row[0] for row in known) or "none"
            raise ConfigurationError(f"no mapping is saved as `{name}`: saved are {listed}; --save-mapping saves one")
        return str(rows[0][0])

    def save_mapping(self, name: str, mapping: str, by: str, now_ms: int) -> None:
        """Save a mapping under a name; it takes the place of an earlier one."""
        columns, values = ("name", "mapping", "by", "version"), [[name, mapping, by, _time(now_ms)]]
        self.client.insert(f"{self._store}.send_mapping", values, column_names=columns, settings=_SETTINGS)

    def _value(self, text: str, account: str, manifest: str, **parameters: int) -> Any:
        given = {"account": account, "manifest": manifest, **parameters}
        return self.client.query(text, parameters=given).result_rows[0][0]


def _time(at_ms: int) -> datetime:
    return datetime.fromtimestamp(at_ms / 1000, UTC)

"""A ClickHouse table of sends, read on from where it was last read.

A send is told from another by its key (its message id or reference, unless columns are said): its row number is a hash of
that, so that a corrected row takes the place of the one before. A row that the table loses is not missed: only what its
watermark says is new is read.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import DatabaseError

from reconciliation.progress import Progress
from reconciliation.read.mapping import Mapping
from reconciliation.read.refusal import RowRefused
from reconciliation.read.send_rows import SendRows
from schemas.errors import ConfigurationError
from schemas.send import Send

OVERLAP_MINUTES: Final = 10
"""Of a watermark that is a time: how much is read again, for what was committed late."""
_NAME: Final = re.compile(r"[A-Za-z_]\w*\.[A-Za-z_]\w*")
_TIME: Final = re.compile(r"(Nullable\()?DateTime")
_SETTINGS: Final = {"max_bytes_before_external_sort": 1 << 30, "max_execution_time": 3600}
_ALIAS: Final = "recibo:"
"""Of columns of ours, so that none is taken for one of the table's."""
_ROW: Final = "toUInt64(sipHash64({key}) % 9223372036854775807 + 1)"


@dataclass(frozen=True, slots=True)
class TableSource:
    """A table as a source; what there is to read was settled when it was looked at."""

    client: Client
    table: str
    """`database.table`, checked."""
    columns: tuple[tuple[str, str], ...]
    """(name, type)."""
    read: frozenset[str]
    """Names of those that are kept: no other leaves the engine."""
    key: tuple[str, ...]
    """The columns that tell one send from another."""
    grows: str
    """The column that grows with each change."""
    since: str
    """Read from this value on (it included); "": from the beginning."""
    until: str
    """Read up to this value, the greatest there was."""
    count: int
    """Rows between."""

    @property
    def headers(self) -> tuple[str, ...]:
        """Names of its columns."""
        return tuple(name for name, _ in self.columns)

    @property
    def decimal(self) -> str:
        """As the engine writes numbers."""
        return "."

    @property
    def manifest(self) -> str:
        """The same for all that is ever read of it."""
        return f"table:{self.table}"

    @property
    def name(self) -> str:
        """The table's."""
        return self.table

    @property
    def watermark(self) -> str:
        """Up to where it is read."""
        return self.until

    @property
    def adds(self) -> bool:
        """Whether what was read before stays."""
        return bool(self.since)

    @property
    def written(self) -> str:
        """What is read of it, for people."""
        since = f"from {self.since} " if self.since else ""
        return f"{self.count:,} rows of ClickHouse, {self.grows} {since}to {self.until}"

    def sends(self, reader: SendRows, progress: Progress) -> Iterator[Send | RowRefused]:
        """Yield its rows as the reader reads them: of each key the latest."""
        key = ", ".join(_quoted(name) for name in self.key)
        cells = ", ".join(_cell(name, type_, is_read=name in self.read) for name, type_ in self.columns)
        text = (
            f"SELECT {_ROW.format(key=f'toString(tuple({key}))')} AS `{_ALIAS}row`, {cells} FROM {self.table} "  # noqa: S608 - checked
            f"WHERE {self._between()} ORDER BY {_quoted(self.grows)} DESC LIMIT 1 BY `{_ALIAS}row`"
        )
        parameters = {"since": self.since, "until": self.until}
        done = 0
        with self.client.query_row_block_stream(text, parameters=parameters, settings=_SETTINGS) as blocks:
            for block in blocks:
                for number, *row in block:
                    yield reader.counted(reader.row(int(number), row))
                done += len(block)
                progress(f"reading {self.table}", done, self.count)

    def _between(self) -> str:
        return _between(dict(self.columns), self.grows, self.since)


def columns_of(client: Client, table: str) -> tuple[tuple[str, str], ...]:
    """Return (name, type) of a table's columns. Raises ConfigurationError: there is no such table, or it may not be read."""
    if not _NAME.fullmatch(table):
        raise ConfigurationError(f"--table {table}: write DATABASE.TABLE, of letters, digits and _")
    try:
        described = client.query(f"DESCRIBE TABLE {table}").result_rows
    except DatabaseError as error:
        raise ConfigurationError(f"--table {table} cannot be read: {error}") from error
    return tuple((str(row[0]), str(row[1])) for row in described)


def look_at_table(
    client: Client, table: str, columns: tuple[tuple[str, str], ...], mapping: Mapping, since: str
) -> TableSource:
    """Return a table with what there is to read of it.

    Args:
        client: may read the table.
        table: `database.table`, whose columns were found.
        columns: those.
        mapping: names its key and its watermark.
        since: where an earlier reading ended; "": nowhere.

    Raises:
        ConfigurationError: key or watermark is no column.
    """
    names = [name for name, _ in columns]
    for column in (mapping.watermark, *mapping.key):
        if column not in names:
            raise ConfigurationError(f"{table} has no column `{column}`: it has {', '.join(names)}")
    between = _between(dict(columns), mapping.watermark, since, ends=False)
    text = f"SELECT toString(max({_quoted(mapping.watermark)})), count() FROM {table} WHERE {between}"  # noqa: S608 - checked
    until, count = client.query(text, parameters={"since": since}).result_rows[0]
    ends = str(until) if count else since
    read = frozenset({*mapping.columns.values(), *mapping.tags.values()})
    return TableSource(client, table, columns, read, mapping.key, mapping.watermark, since, ends, int(count))


def _between(columns: dict[str, str], watermark: str, since: str, *, ends: bool = True) -> str:
    """Return the condition of what is read: a little further back where the watermark is a time."""
    type_, name = columns[watermark], _quoted(watermark)
    begin = f"CAST({{since:String}} AS {type_})"
    if _TIME.match(type_):
        begin = f"{begin} - INTERVAL {OVERLAP_MINUTES} MINUTE"
    conditions = [f"{name} IS NOT NULL"]
    conditions += [f"{name} >= {begin}"] if since else []
    conditions += [f"{name} <= CAST({{until:String}} AS {type_})"] if ends else []
    return " AND ".join(conditions)


def _cell(name: str, type_: str, *, is_read: bool) -> str:
    """Return a column as text, as a file would have it: times as epoch milliseconds, so that no zone is guessed."""
    if not is_read:
        return f"'' AS {_quoted(_ALIAS + name)}"
    column = _quoted(name)
    if _TIME.match(type_):
        column = f"toUnixTimestamp64Milli(toDateTime64({column}, 3))"
    return f"ifNull(toString({column}), '') AS {_quoted(_ALIAS + name)}"


def _quoted(name: str) -> str:
    return "`" + name.replace("\\", "\\\\").replace("`", "\\`") + "`"

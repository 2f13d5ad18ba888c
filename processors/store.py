"""One table's states of one partition on disk: RocksDB, the value being the topic's value verbatim.

The changelog is the truth and this is its cache: the write-ahead log is off, since what a crash loses here is read
again from the topic's tail. A state and the changelog offset it came from are one atomic write.
"""

import re
import shutil
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import msgspec
import structlog
from rocksdict import BlockBasedOptions, Cache, DBCompressionType, Options, Rdict, WriteBatch, WriteOptions

from runtime.whole_file import replace_file
from schemas.errors import StateRefused, StoreDamaged

log = structlog.get_logger()

_DAMAGE: Final = re.compile(r"\bCorruption\b|No such file or directory")
"""What RocksDB says of a store whose files are missing, cut short or from several stores."""
_META_KEY: Final = b"\x00recibo"
"""Sorts before every record key (`account/…`)."""


class Identity(msgspec.Struct, frozen=True):
    """What a store belongs to. A store of another identity is never trusted."""

    cluster: str
    topic: str
    """The changelog, whose name says the generation."""
    partition: int
    partitions: int
    raw_topic_id: str = ""
    """Kafka's id of the raw log whose offsets are the states' versions; "" where nobody knew it."""

    def is_of_another_log(self, known: "Identity") -> bool:
        """Return whether both ids are known, and not the same."""
        return bool(self.raw_topic_id and known.raw_topic_id and self.raw_topic_id != known.raw_topic_id)


class _Meta(msgspec.Struct, frozen=True):
    identity: Identity
    offset: int
    """Offset of the last changelog record applied; -1 for none."""
    version: int
    """Greatest version of a state ever applied; -1 for none."""


def _options(cache: Cache, write_buffer_bytes: int) -> Options:
    """Return RocksDB options chosen for point reads of many small states in bounded memory."""
    table = BlockBasedOptions()
    table.set_block_cache(cache)
    table.set_block_size(8 * 1024)
    table.set_bloom_filter(10, False)  # noqa: FBT003 - positional in rocksdict; new keys are most keys
    table.set_cache_index_and_filter_blocks(True)
    table.set_pin_l0_filter_and_index_blocks_in_cache(True)
    options = Options(raw_mode=True)
    options.create_if_missing(True)  # noqa: FBT003
    options.set_block_based_table_factory(table)
    options.set_write_buffer_size(write_buffer_bytes)
    options.set_max_write_buffer_number(3)
    options.set_compression_type(DBCompressionType.lz4())
    options.set_max_open_files(256)
    options.set_keep_log_file_num(2)
    return options


class StateStore:
    """The states of one (table, partition)."""

    def __init__(self, path: Path, identity: Identity, cache: Cache, write_buffer_bytes: int) -> None:
        """Open or create the store at `path`.

        Raises:
            StateRefused: it was written with another partition count (keys live elsewhere now), or of another raw log.
        """
        self._path = path
        self._identity = identity
        self._cache = cache
        self._write_buffer_bytes = write_buffer_bytes
        self._scrubbing = threading.Lock()
        self._is_closed = False
        self._write_options = WriteOptions()
        self._write_options.disable_wal = True  # type: ignore[method-assign,assignment]  # a setter, stubbed as a method
        self._open()

    def _open(self) -> None:
        if self._mark.exists():
            why = self._mark.read_text(encoding="utf-8").strip()
            log.warning("a store is damaged and is built again from its changelog", path=str(self._path), why=why)
            self._throw_away()
        self._path.mkdir(parents=True, exist_ok=True)
        try:
            with self._marking_damage():  # nothing else: another process may hold it, the disk be full, …
                self._db, value = self._opened()
        except StoreDamaged:
            self._open()  # it is marked now
            return
        meta = msgspec.json.decode(value, type=_Meta) if value is not None else None
        if meta is not None and meta.identity.partitions != self._identity.partitions:
            self._db.close()
            raise StateRefused(
                f"{self._path}: written with {meta.identity.partitions} partitions, the topic has "
                f"{self._identity.partitions} now, so its keys moved. Restore the old partition count, or start a new "
                "generation (`recibo repair`) to fold the raw log again."
            )
        if meta is not None and self._identity.is_of_another_log(meta.identity):
            self._db.close()
            raise StateRefused(
                f"{self._path}: its states were folded from the raw log with topic id {meta.identity.raw_topic_id}, and the "
                f"topic has id {self._identity.raw_topic_id} now: it was recreated, and its offsets begin anew. Nothing was "
                "changed. Run `recibo repair`: it makes the next generation from this log, seeded with all that is known; do "
                "not reset offsets, and do not delete states"
            )
        if meta is not None and not self._is_ours(meta.identity):
            self.rebuild()
            return
        self._offset, self._version = (meta.offset, meta.version) if meta is not None else (-1, -1)

    def _is_ours(self, known: Identity) -> bool:
        """Return whether a store of that identity is this one's; an id that only one of them knows counts for nothing."""
        return msgspec.structs.replace(known, raw_topic_id="") == msgspec.structs.replace(
            self._identity, raw_topic_id=""
        )

    def _opened(self) -> tuple[Rdict, bytes | None]:
        """Return the database, and what it says of itself; closed again where that cannot be read."""
        db = Rdict(str(self._path), _options(self._cache, self._write_buffer_bytes))
        try:
            value: bytes | None = db.get(_META_KEY)
        except BaseException:
            db.close()
            raise
        return db, value

    @property
    def offset(self) -> int:
        """Offset of the last changelog record applied; -1 for none."""
        return self._offset

    @property
    def version(self) -> int:
        """Greatest version of a state ever applied; -1 for none. What lies behind it may be another worker's."""
        return self._version

    def get(self, keys: Sequence[bytes]) -> list[bytes | None]:
        """Return the stored value of each key, None where there is none."""
        with self._marking_damage():
            values: list[bytes | None] = self._db.get(list(keys)) if keys else []  # type: ignore[assignment]  # one for each key
        return values

    def scan(self, after: bytes, count: int) -> list[tuple[bytes, bytes]]:
        """Return up to `count` keys and values that sort after `after` (b"" for the first)."""
        found: list[tuple[bytes, bytes]] = []
        with self._marking_damage():
            rows = self._db.iter()
            rows.seek(max(after, _META_KEY) + b"\x00")
            while rows.valid() and len(found) < count:
                found.append((rows.key(), rows.value()))
                rows.next()
            rows.status()  # it ends at what it cannot read as it ends at the end: this raises
        return found

    def apply(self, items: Iterable[tuple[bytes, bytes | None]], offset: int, version: int) -> None:
        """Write states (None deletes) atomically.

        Args:
            items: keys and values.
            offset: of the last changelog record they came from.
            version: greatest version among them, or -1.
        """
        version = max(version, self._version)
        batch = WriteBatch(raw_mode=True)
        for key, value in items:
            if value is None:
                batch.delete(key)
            else:
                batch.put(key, value)
        batch.put(_META_KEY, msgspec.json.encode(_Meta(self._identity, offset, version)))
        with self._marking_damage():
            self._db.write(batch, self._write_options)
        self._offset, self._version = offset, version

    def scrub(self, keys: Iterable[bytes]) -> None:
        """Rewrite the files that hold `keys`: a value that was replaced stays in them until they are merged. In any thread.

        Where it fails or is cut off, the next request to forget the same message does it again.
        """
        for key in dict.fromkeys(keys):
            with self._scrubbing:
                if self._is_closed:
                    return
                try:
                    with self._marking_damage():
                        self._db.flush()
                        self._db.compact_range(key, key)
                except Exception:  # nobody waits for it; what is damaged is marked
                    log.exception("what a store held of a forgotten message is still in its files")

    def rebuild(self) -> None:
        """Throw the local copy away and start empty: everything is read again from the changelog."""
        with self._scrubbing:
            self._db.close()
        self._throw_away()
        self._open()

    def _throw_away(self) -> None:
        """Delete the directory, by way of another name: a crash in between leaves no half of a store to be opened."""
        discarded = self._path.with_name(f"{self._path.name}.discarded")
        shutil.rmtree(discarded, ignore_errors=True)
        if self._path.exists():
            self._path.rename(discarded)
        self._mark.unlink(missing_ok=True)
        shutil.rmtree(discarded, ignore_errors=True)

    @property
    def _mark(self) -> Path:
        """The file that says, until the store is thrown away, that it is damaged."""
        return self._path.with_name(f"{self._path.name}.damaged")

    @contextmanager
    def _marking_damage(self) -> Iterator[None]:
        """Mark the store, so that the next start builds it again, where a call finds it damaged. Raises StoreDamaged then."""
        try:
            yield
        except Exception as error:
            if not _DAMAGE.search(str(error)):
                raise
            replace_file(self._mark, f"{error}\n")
            raise StoreDamaged(
                f"{self._path} is damaged ({error}): its partition stops here, and begins again with a store built from "
                "the changelog. Look at the disk."
            ) from error

    def close(self) -> None:
        """Flush and close, so that the next start reads only the changelog's tail."""
        with self._scrubbing:
            self._is_closed = True
            try:
                with self._marking_damage():
                    self._db.flush()
            finally:
                self._db.close()

"""A store is the changelog's copy: kept over a restart, and never trusted where it cannot be that."""

from pathlib import Path

import msgspec
import pytest
from rocksdict import Cache

from processors.store import Identity, StateStore
from schemas.errors import StateRefused, StoreDamaged

OURS = Identity("cluster-1", "message.state.g1", 3, 4)
ITEMS = [(b"acme/%d" % i, b'{"_":[%d,1,[]]}' % i) for i in range(2000)]


def opened(path: Path, identity: Identity = OURS) -> StateStore:
    """Open a small store."""
    return StateStore(path, identity, Cache(1 << 20), 1 << 20)


@pytest.fixture
def closed_store(tmp_path: Path) -> Path:
    """A store with 2,000 states, closed."""
    path = tmp_path / "store"
    store = opened(path)
    store.apply(ITEMS, 1999, 1999)
    store.close()
    return path


def test_a_restart_keeps_states_and_offset(closed_store: Path) -> None:
    """States and the changelog offset they came from are there again."""
    store = opened(closed_store)
    assert (store.offset, store.version) == (1999, 1999)
    assert store.get([b"acme/7", b"acme/none"]) == [b'{"_":[7,1,[]]}', None]
    store.close()


def test_deletion_and_scan(closed_store: Path) -> None:
    """A deleted state is gone; a scan shows the others in the order of their keys, and never the bookkeeping."""
    store = opened(closed_store)
    store.apply([(b"acme/0", None)], 2000, -1)
    first = store.scan(b"", 2)
    assert [key for key, _ in first] == [b"acme/1", b"acme/10"]
    assert [key for key, _ in store.scan(first[-1][0], 1)] == [b"acme/100"]
    assert len(store.scan(b"", 5000)) == 1999
    store.close()


@pytest.mark.parametrize(
    "theirs",
    [
        Identity("cluster-2", "message.state.g1", 3, 4),
        Identity("cluster-1", "message.state.g2", 3, 4),
        Identity("cluster-1", "message.state.g1", 2, 4),
    ],
    ids=["cluster", "generation", "partition"],
)
def test_a_store_of_another_changelog_is_built_again(closed_store: Path, theirs: Identity) -> None:
    """A store written for another cluster, generation or partition is thrown away."""
    store = opened(closed_store, theirs)
    assert (store.offset, store.get([b"acme/7"])) == (-1, [None])
    store.close()


def test_another_partition_count_is_refused(closed_store: Path) -> None:
    """Keys moved: the store is not opened, not deleted, and the message says what to do."""
    with pytest.raises(StateRefused, match="Restore the old partition count"):
        opened(closed_store, Identity("cluster-1", "message.state.g1", 3, 8))
    store = opened(closed_store)
    assert store.offset == 1999
    store.close()


@pytest.mark.parametrize("missing", ["CURRENT", "MANIFEST", ".sst"])
def test_a_store_with_missing_files_is_built_again(closed_store: Path, missing: str) -> None:
    """What a crash or a person left of a store is thrown away, since the changelog has it all."""
    for file in closed_store.iterdir():
        if missing in file.name:
            file.unlink()
    assert_empty(closed_store)


def test_a_store_cut_short_is_built_again(closed_store: Path) -> None:
    """A data file that lost its end is noticed when the store is opened."""
    for file in closed_store.glob("*.sst"):
        file.write_bytes(file.read_bytes()[:100])
    assert_empty(closed_store)


def test_a_store_in_use_is_left_alone(closed_store: Path) -> None:
    """A store that another worker of the same name holds open is no damage: starting fails, and nothing is deleted."""
    store = opened(closed_store)
    with pytest.raises(Exception, match=r"(?i)lock"):
        opened(closed_store)
    assert store.get([b"acme/7"]) == [b'{"_":[7,1,[]]}']
    store.close()


def assert_empty(path: Path) -> None:
    """The store opens, knows nothing, and takes states."""
    store = opened(path)
    assert (store.offset, store.get([b"acme/7"])) == (-1, [None])
    store.apply(ITEMS[:1], 0, 0)
    store.close()


def flip(path: Path, first: int) -> None:
    """Change bytes all over the data of a closed store's tables, from byte `first` on."""
    for table in path.glob("*.sst"):
        data = bytearray(table.read_bytes())
        for place in range(first, len(data) * 3 // 4, 500):
            data[place] ^= 0xFF
        table.write_bytes(data)


@pytest.mark.parametrize("reading", ["get", "scan"])
def test_a_store_whose_bytes_rotted_is_built_again(closed_store: Path, reading: str) -> None:
    """A call that meets flipped bytes raises, never answers less than there is, and the next start begins empty."""
    flip(closed_store, 10_000)
    store = opened(closed_store)
    with pytest.raises(StoreDamaged, match="begins again"):
        store.get([key for key, _ in ITEMS]) if reading == "get" else store.scan(b"", 5000)
    store.close()
    again = opened(closed_store)
    assert (again.offset, again.version) == (-1, -1)
    assert again.scan(b"", 5000) == []
    again.apply(ITEMS, 1999, 1999)
    again.close()
    assert opened(closed_store).offset == 1999


def test_a_store_whose_first_bytes_rotted_begins_empty(closed_store: Path) -> None:
    """Where not even the bookkeeping can be read, the store is built again at once."""
    flip(closed_store, 100)
    store = opened(closed_store)
    assert (store.offset, store.scan(b"", 5000)) == (-1, [])
    store.close()


def test_a_store_of_another_raw_log_is_refused(tmp_path: Path) -> None:
    """Offsets of a recreated raw log begin anew: the store stays as it is, and the message names the command."""
    known = msgspec.structs.replace(OURS, raw_topic_id="AAAA")
    store = opened(tmp_path, known)
    store.apply(ITEMS, 1999, 1999)
    store.close()
    with pytest.raises(StateRefused, match=r"topic id AAAA, and the topic has id BBBB now.*`recibo repair`"):
        opened(tmp_path, msgspec.structs.replace(OURS, raw_topic_id="BBBB"))
    store = opened(tmp_path, known)
    assert store.version == 1999
    store.close()


def test_a_store_that_knows_no_raw_log_learns_it(closed_store: Path) -> None:
    """A store of an earlier release is kept, and holds to the log from its next batch on."""
    known = msgspec.structs.replace(OURS, raw_topic_id="AAAA")
    store = opened(closed_store, known)
    assert store.version == 1999
    store.apply(ITEMS[:1], 2000, 2000)
    store.close()
    with pytest.raises(StateRefused):
        opened(closed_store, msgspec.structs.replace(OURS, raw_topic_id="BBBB"))


def test_a_replaced_value_leaves_the_files_when_it_is_scrubbed(tmp_path: Path) -> None:
    """What a store held of a forgotten message is in none of its files once it is scrubbed; every other state is there."""
    store = opened(tmp_path / "store")
    store.apply(
        [*((b"acme/%d" % n, b'{"_":[1,1,[]]}') for n in range(100)), (b"acme/7", b'{"_":[1,1,[]],"x":"Quaresma"}')],
        0,
        1,
    )
    store.scrub([b"acme/0"])  # to the disk, as a batch would be after a while
    assert any(b"Quaresma" in path.read_bytes() for path in tmp_path.rglob("*.sst"))
    store.apply([(b"acme/7", b'{"_":[2,1,[]]}')], 1, 2)
    store.scrub([b"acme/7"])
    assert not any(b"Quaresma" in path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert store.get([b"acme/7"]) == [b'{"_":[2,1,[]]}']
    assert len(store.scan(b"", 200)) == 100
    store.close()
    store.scrub([b"acme/7"])

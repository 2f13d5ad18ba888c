"""Changes of watched files are seen however they are made; a configuration that is refused changes nothing."""

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path

from structlog.testing import capture_logs

from runtime.watched_files import WatchedFiles, take_or_keep
from schemas.errors import ConfigurationError

SEEN_S_MAX = 20.0


async def seen(changes: AsyncIterator[None]) -> None:
    await asyncio.wait_for(anext(changes), SEEN_S_MAX)


def rename_onto(path: Path, text: str) -> None:
    fresh = path.with_suffix(".new")
    fresh.write_text(text)
    fresh.replace(path)


async def test_a_change_between_reading_and_watching_is_seen(tmp_path: Path) -> None:
    """What is changed before the watch begins is reported all the same."""
    path = tmp_path / "file"
    path.write_text("one")
    watched = WatchedFiles(path)
    path.write_text("two")
    await seen(watched.changes())


async def test_editors_and_mounts_are_followed(tmp_path: Path) -> None:
    """A file that is written, renamed onto, or reached through a link that is replaced, is reported each time."""
    first, second, data = tmp_path / "..1", tmp_path / "..2", tmp_path / "..data"
    for number, folder in enumerate((first, second)):
        folder.mkdir()
        (folder / "file").write_text(f"mounted {number}")
    data.symlink_to(first.name)
    path = tmp_path / "file"
    path.symlink_to("..data/file")
    changes = WatchedFiles(path).changes()
    waiting = asyncio.ensure_future(seen(changes))
    (tmp_path / "..new").symlink_to(second.name)
    (tmp_path / "..new").replace(data)
    await waiting
    rename_onto(second / "file", "renamed")
    await seen(changes)
    (second / "file").write_text("written")
    await seen(changes)


async def test_a_file_that_is_being_written_is_waited_for(tmp_path: Path) -> None:
    """Missing, or emptied, it is about to be written: only what it says then is reported."""
    path, other = tmp_path / "file", tmp_path / "other"
    path.write_text("one")
    other.write_text("")
    changes = WatchedFiles(path, other).changes()
    waiting = asyncio.ensure_future(seen(changes))
    os.truncate(path, 0)
    done, _ = await asyncio.wait([waiting], timeout=1.0)
    assert not done
    path.unlink()
    rename_onto(path, "two")
    await waiting


async def test_a_file_that_changes_still_is_waited_for(tmp_path: Path) -> None:
    """While it is written piece by piece it is not reported; once it stays the same, it is."""
    path = tmp_path / "file"
    path.write_text("one")
    changes = WatchedFiles(path).changes()
    waiting = asyncio.ensure_future(seen(changes))
    with path.open("w") as file:
        for number in range(20):
            file.write(f"line {number}\n")
            file.flush()
            done, _ = await asyncio.wait([waiting], timeout=0.1)
            assert not done
    await waiting


async def test_a_file_that_is_as_it_was_is_no_change(tmp_path: Path) -> None:
    """Touched, or changed beside it, a file is not reported; the next real change is."""
    path = tmp_path / "file"
    path.write_text("one")
    changes = WatchedFiles(path).changes()
    waiting = asyncio.ensure_future(seen(changes))
    path.touch()
    (tmp_path / "beside").write_text("x")
    done, _ = await asyncio.wait([waiting], timeout=1.0)
    assert not done
    path.write_text("two")
    await waiting


def test_a_refused_configuration_keeps_the_old_one() -> None:
    """The log says why, and both results are counted."""
    counted: list[str] = []

    def refuse() -> None:
        raise ConfigurationError("recibo.toml:3: no")

    with capture_logs() as said:
        take_or_keep(refuse, counted.append)
        take_or_keep(lambda: None, counted.append)
    assert counted == ["refused", "taken"]
    assert said[0]["event"] == "the new configuration is refused, the old one stays in use"
    assert said[0]["why"] == "recibo.toml:3: no"

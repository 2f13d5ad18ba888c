"""What is in the spool of a machine: every worker's directory, file by file. Nothing is changed here."""

import fcntl
import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from ingest.durable.spool_directory import KEPT, SUFFIX, begun_ms, directories, files_of, is_stray, strays_of
from ingest.durable.spool_progress import Progress
from schemas.errors import DeploymentError

_KINDS = {SUFFIX: "waiting", **{suffix: suffix.removeprefix(".") for suffix in KEPT}}


@dataclass(frozen=True, slots=True)
class SpoolFile:
    """One file, as `recibo spool list` shows it."""

    name: str
    directory: str
    kind: str
    """waiting: on its way to Kafka. refused: Kafka does not take these records. damaged: bytes of no record. aside: set aside
    by an operator. stray: none of the spool's."""
    bytes: int
    begun_ms: int | None
    """When it was begun, UTC ms; None for a stray."""
    acknowledged_bytes: int
    """Of a waiting file: how much of it is dealt with already."""
    worker_runs: bool
    """Whether a worker holds the directory, and drains it."""


def spool_root(data_dir: Path) -> Path:
    """Return the directory of all workers' spools."""
    return data_dir / "ingest" / "spool"


def spool_files(root: Path) -> list[SpoolFile]:
    """Return every file of every worker's spool, oldest first in each.

    Raises:
        DeploymentError: a directory cannot be read.
    """
    found: list[SpoolFile] = []
    for directory in directories(root):
        try:
            is_held = _is_held(directory)
            for path in [*files_of(directory, SUFFIX, *KEPT), *strays_of(directory)]:
                with suppress(FileNotFoundError):  # drained meanwhile
                    found.append(_file(path, directory, worker_runs=is_held))
        except OSError as error:
            raise DeploymentError(f"{directory} cannot be read: {error}; run this as the user of ingest") from error
    return found


def find(root: Path, name: str) -> Path:
    """Return the one file of the spool that is called `name`: its name, the name without its suffix, or its path.

    Raises:
        DeploymentError: there is none, or more than one.
    """
    wanted = Path(name).name
    found = [p for d in directories(root) for p in files_of(d, SUFFIX, *KEPT) if wanted in {p.name, p.stem}]
    if len(found) == 1:
        return found[0]
    if found:
        names = ", ".join(path.name for path in found)
        raise DeploymentError(f"{name} may be {names}: name one of them")
    raise DeploymentError(
        f"there is no {name} in {root}; it may be drained by now: `recibo spool list` shows what is there"
    )


def _file(path: Path, directory: Path, *, worker_runs: bool) -> SpoolFile:
    kind = "stray" if is_stray(path) else _KINDS[path.suffix]
    done = Progress(path).done if kind == "waiting" else {}
    return SpoolFile(
        path.name,
        str(directory),
        kind,
        path.stat().st_size,
        None if kind == "stray" else begun_ms(path),
        sum(end - begin for begin, end in done.items()),
        worker_runs,
    )


def _is_held(directory: Path) -> bool:
    lock = directory / "lock"
    if not lock.exists():
        return False
    fd = os.open(lock, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    try:
        fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(fd)
    return False

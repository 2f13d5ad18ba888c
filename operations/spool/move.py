"""Taking a file of the spool out of the workers' way, and giving it back: one rename, under the lock that drains and writers take."""

import time
from pathlib import Path
from typing import Final

from ingest.durable.spool_directory import (
    ASIDE_SUFFIX,
    DAMAGED_SUFFIX,
    REFUSED_SUFFIX,
    SUFFIX,
    SegmentBusy,
    directories,
    files_of,
    segment_locked,
)
from runtime.whole_file import sync_folder
from schemas.errors import DeploymentError

_BUSY_S_MAX: Final = 15.0
_POLL_S: Final = 0.05


def set_aside(path: Path) -> Path:
    """Take a waiting file out of the workers' way, with all it holds, and return where it is.

    Raises:
        DeploymentError: it is not waiting, is being written or drained, or cannot be moved.
    """
    if path.suffix != SUFFIX:
        raise DeploymentError(f"{path.name} is not on its way to Kafka: it is set aside already")
    return _moved(path, ASIDE_SUFFIX)


def give_back(path: Path) -> Path:
    """Let the workers try a file's records again, and return where it is.

    Raises:
        DeploymentError: it holds nothing that can be tried, is in use, or cannot be moved.
    """
    if path.suffix == DAMAGED_SUFFIX:
        raise DeploymentError(
            f"{path.name} holds damaged bytes, of which no record can be made: keep it elsewhere, or delete it"
        )
    if path.suffix == SUFFIX:
        raise DeploymentError(f"{path.name} is on its way to Kafka already")
    return _moved(path, SUFFIX)


def to_be_retried(root: Path) -> list[Path]:
    """Return every file that `give_back` takes."""
    return [path for directory in directories(root) for path in files_of(directory, REFUSED_SUFFIX, ASIDE_SUFFIX)]


def _moved(path: Path, suffix: str) -> Path:
    target = path.with_suffix(suffix)
    deadline = time.monotonic() + _BUSY_S_MAX
    while True:
        try:
            with segment_locked(path):
                if target.exists():
                    raise DeploymentError(f"{target} is there already: move it elsewhere first")
                path.rename(target)
                sync_folder(path.parent)
        except SegmentBusy as error:
            if time.monotonic() > deadline:
                raise DeploymentError(f"{error}: a worker writes or drains it now; try again in a moment") from error
            time.sleep(_POLL_S)
        except OSError as error:
            raise DeploymentError(f"{path} cannot be moved: {error}") from error
        else:
            return target

"""The edge to where an archive is: a directory, or an S3-compatible store (`s3://bucket/prefix?endpoint_override=…`)."""

import hashlib
import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from pyarrow import ArrowInvalid
from pyarrow.fs import FileSelector, FileSystem, FileType, LocalFileSystem

from runtime.directory_lock import DirectoryLock
from runtime.whole_file import new_file
from schemas.errors import DeploymentError

_CHUNK_BYTES: Final = 1024 * 1024


class HashedFile(io.RawIOBase):
    """A file being written: counts and hashes what passes."""

    def __init__(self, file: Any) -> None:
        """Pass everything on to `file`."""
        self._file = file
        self._sha256 = hashlib.sha256()
        self.size = 0

    def writable(self) -> bool:
        """It is."""
        return True

    def write(self, data: Any) -> int:
        """Take note of bytes, and pass them on."""
        self._sha256.update(data)
        self._file.write(data)
        self.size += len(data)
        return len(data)

    def tell(self) -> int:
        """Return how many bytes there are."""
        return self.size

    @property
    def sha256(self) -> str:
        """Hex SHA-256 of all bytes so far."""
        return self._sha256.hexdigest()


class Location:
    """Where an archive is. Paths are relative to it, with `/` between their parts."""

    def __init__(self, url: str) -> None:
        """Name a place: nothing is read or made yet.

        Raises:
            DeploymentError: it is neither a path nor a URL of a kind that is known.
        """
        try:
            fs, root = FileSystem.from_uri(url) if "://" in url else (LocalFileSystem(), str(Path(url).resolve()))
        except (ArrowInvalid, OSError) as error:
            raise DeploymentError(f"{url} is neither a directory nor an s3:// URL: {error}") from error
        self.url = url
        self._fs, self._root = fs, root.rstrip("/")
        self._is_local = isinstance(fs, LocalFileSystem)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Keep other writers out of a directory for as long as the context lasts; a store has no such thing.

        Raises:
            DeploymentError: another process writes there.
        """
        lock = DirectoryLock(Path(self._root), "archiving run") if self._is_local else None
        try:
            yield
        finally:
            if lock:
                lock.release()

    def paths(self, under: str) -> list[str]:
        """Return the paths of all files under a folder, sorted; none where there is no such folder."""
        found = self._fs.get_file_info(FileSelector(f"{self._root}/{under}", allow_not_found=True, recursive=True))
        start = len(self._root) + 1
        return sorted(info.path[start:] for info in found if info.type == FileType.File)

    def read(self, path: str) -> bytes:
        """Return a small file's bytes."""
        with self.open(path) as file:
            data: bytes = file.read()
        return data

    def open(self, path: str) -> Any:
        """Open a file for reading anywhere in it."""
        return self._fs.open_input_file(f"{self._root}/{path}")

    def sha256(self, path: str) -> str:
        """Return the hex SHA-256 of a file as it is now."""
        digest = hashlib.sha256()
        with self.open(path) as file:
            while chunk := file.read(_CHUNK_BYTES):
                digest.update(chunk)
        return digest.hexdigest()

    @contextmanager
    def new_file(self, path: str) -> Iterator[HashedFile]:
        """Write a file, which is there once the context is left: synced, and whole or not at all.

        In a store, a file whose writing failed may be there in part: the manifest, written last, is what counts.
        """
        full = f"{self._root}/{path}"
        if not self._is_local:
            with self._fs.open_output_stream(full) as stream:
                yield HashedFile(stream)
            return
        with new_file(Path(full), is_sole_writer=True) as file:
            yield HashedFile(file)

    def write(self, path: str, data: bytes) -> None:
        """Write a small file, synced, whole or not at all."""
        with self.new_file(path) as file:
            file.write(data)

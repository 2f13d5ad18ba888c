"""A file system of a few megabytes, in memory: full when it is full, and read-only when told."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class SmallDisk:
    """A mounted tmpfs. Needs root."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        """Where it is mounted."""

    def remount(self, mode: str) -> None:
        """Remount it "ro" or "rw". A file that is open for writing keeps a tmpfs from being read-only: see `make_read_only`."""
        subprocess.run(["mount", "-o", f"remount,{mode}", str(self.folder)], check=True)

    def make_read_only(self, path: Path) -> None:
        """Make a folder on it read-only while others write elsewhere on it: a bind mount over itself."""
        subprocess.run(["mount", "--bind", str(path), str(path)], check=True)
        subprocess.run(["mount", "-o", "remount,bind,ro", str(path)], check=True)

    def make_writable(self, path: Path) -> None:
        """Undo `make_read_only`."""
        subprocess.run(["umount", "-l", str(path)], check=True)

    def fill(self) -> Path:
        """Take all the space that is left; return the file that does, to be deleted."""
        filler = self.folder / "filler"
        with filler.open("wb", buffering=0) as file:
            try:
                while True:
                    file.write(bytes(65_536))
            except OSError:
                return filler


@contextmanager
def small_disk(folder: Path, megabytes: int) -> Iterator[SmallDisk]:
    """Mount a tmpfs of so many megabytes at `folder`, made where it is missing."""
    folder.mkdir(parents=True, exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=0755", "tmpfs", str(folder)], check=True)
    try:
        yield SmallDisk(folder)
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)

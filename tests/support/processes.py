"""Processes as the kernel shows them."""

from pathlib import Path


def children_of(pid: int) -> list[int]:
    """Return the processes that a process started, from whichever of its threads."""
    lists = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(child) for children in lists for child in children.read_text().split()]


def lives(pid: int) -> bool:
    """Return whether a process is there and no zombie."""
    try:
        return " Z " not in Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False

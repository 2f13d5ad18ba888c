"""What an older release held back, in a file of each partition on a worker's disk: read once, and written to Kafka."""

from pathlib import Path

import msgspec

from schemas.hold import Hold


class _OldHold(msgspec.Struct):
    key: str
    since: int
    why: str
    until: int | None = None


class _OldFile(msgspec.Struct):
    failures: dict[str, int] = {}
    holds: list[_OldHold] = []


def read_old_holds(path: Path) -> dict[int, Hold]:
    """Return the holds of a partition's file by the offset that each begins at; mostly there is none."""
    if not path.exists():
        return {}
    old = msgspec.json.decode(path.read_bytes(), type=_OldFile)
    return {
        hold.since: Hold(hold.key, old.failures.get(str(hold.since), 0), hold.why, is_held=True, until=hold.until)
        for hold in old.holds
    }


def put_away(path: Path) -> None:
    """Give the file a name under which it is not read again."""
    if path.exists():
        path.rename(path.with_suffix(".moved"))

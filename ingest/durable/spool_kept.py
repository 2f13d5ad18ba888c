"""What the drain keeps for people instead of draining it: each file whole and synced before the segment lets go of its bytes. Blocking."""

import secrets
from collections.abc import Sequence
from pathlib import Path

from ingest.durable.spool_directory import DAMAGED_SUFFIX, REFUSED_SUFFIX, SpoolDirectory
from ingest.durable.spool_segment import MARKER_BITS, Span, Spooled, encode
from runtime.whole_file import new_file


def keep_refused(directory: SpoolDirectory, refused: Sequence[Spooled]) -> Path:
    """Keep records that Kafka does not take, in a file of the form of a segment, and return it. Raises OSError."""
    marker = secrets.randbits(MARKER_BITS)
    path = directory.new_path(marker, REFUSED_SUFFIX)
    with new_file(path, mode=0o600, is_sole_writer=True) as file:
        file.writelines(encode(spooled, marker) for spooled in refused)
    return path


def keep_damaged(directory: SpoolDirectory, segment: Path, data: bytes, damaged: Sequence[Span]) -> Path:
    """Keep a segment's damaged bytes under the segment's name, and return the file. Raises OSError."""
    path = directory.path / segment.with_suffix(DAMAGED_SUFFIX).name
    with new_file(path, mode=0o600, is_sole_writer=True) as file:
        file.writelines(data[span.begin : span.end] for span in damaged)
    return path

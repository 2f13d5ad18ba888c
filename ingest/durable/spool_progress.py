"""How far a segment is drained, apart from whether it could be deleted: in memory, and in a small file beside it.

The file is not synced, and need not be written at all: where it is lost, records are appended once more under the same
(request id, index). A line that a crash tore, or that is of another segment, does not count.
"""

import os
from collections.abc import Iterable
from pathlib import Path
from zlib import crc32

from ingest.durable.spool_directory import ACKED_SUFFIX, marker_of
from ingest.durable.spool_segment import Span


class Progress:
    """The stretches of one segment whose records are dealt with: in the log, or kept as refused."""

    def __init__(self, segment: Path) -> None:
        """Read what the file beside the segment says, if there is one."""
        self.done: dict[int, int] = {}
        """Begin → end of each stretch; none touches another."""
        self._begins: dict[int, int] = {}
        self._marker = marker_of(segment)
        self._path = segment.with_suffix(ACKED_SUFFIX)
        try:
            lines = self._path.read_bytes().splitlines()
        except OSError:
            return
        for line in lines:
            span = self._span(line)
            if span is not None:
                self._add(span)

    def note(self, spans: Iterable[Span]) -> None:
        """Remember stretches as dealt with. Blocking."""
        spans = list(spans)
        for span in spans:
            self._add(span)
        try:
            fd = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        except OSError:
            return  # this process remembers
        try:
            os.write(fd, b"".join(map(self._line, _joined(spans))))
        except OSError:
            pass
        finally:
            os.close(fd)

    def forget(self) -> None:
        """Delete the file, once the segment is gone. Raises OSError."""
        self._path.unlink(missing_ok=True)

    def _add(self, span: Span) -> None:
        begin, end = span
        end = self.done.pop(end, end)
        begin = self._begins.pop(begin, begin)
        self.done[begin] = end
        self._begins[end] = begin

    def _line(self, span: Span) -> bytes:
        return b"%d %d %08x\n" % (*span, self._sum(span))

    def _span(self, line: bytes) -> Span | None:
        try:
            begin, end, checksum = line.split()
            span = Span(int(begin), int(end))
            return span if int(checksum, 16) == self._sum(span) else None
        except ValueError:
            return None

    def _sum(self, span: Span) -> int:
        return crc32(b"%d %d %d" % (self._marker, *span))


def _joined(spans: Iterable[Span]) -> list[Span]:
    """Return spans, in order, with those that touch made one."""
    joined: list[Span] = []
    for span in spans:
        if joined and joined[-1].end == span.begin:
            joined[-1] = Span(joined[-1].begin, span.end)
        else:
            joined.append(span)
    return joined

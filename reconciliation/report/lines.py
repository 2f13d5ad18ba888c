"""What is said of a run before its numbers: the time compared, what is known, how rows were found. Pure."""

from collections.abc import Iterator

from reconciliation.report.times import told
from reconciliation.report.words import say
from reconciliation.run.interval import Interval, said
from reconciliation.run.record import RunRecord
from schemas.causes.sentences import Language


def head(record: RunRecord, language: Language) -> Iterator[str]:
    """Yield sentences on what a run compared, in order."""
    for m in record.manifests:
        yield say(language, "manifest", role=m.role, name=m.name or m.manifest, rows=f"{m.rows:,}")
    if record.since_ms is None or record.until_ms is None:
        yield say(language, "whole")
    else:
        interval = said(Interval(record.since_ms, record.until_ms), record.time_zone)
        yield say(language, "interval", interval=interval, by=record.interval_by)
        into, out, outside = (f"{record.at(place):,}" for place in ("border_in", "border_out", "outside"))
        yield say(language, "border", into=into, out=out, outside=outside)
    yield say(language, "known", at=told(record.as_of_ms, record.time_zone))
    yield say(language, "keys", keys=" / ".join(record.keys))
    for due in record.dues[:5]:
        yield say(language, "due", why=(due.why_pt if language == "pt" else "") or due.why)
    if not record.tells_no_send:
        yield say(language, "no_bare")


def share(rows: int, of: int) -> str:
    """Return how much of all rows some are, per cent to two places."""
    return f"{rows * 100 / of:.2f} %" if of else ""

"""Files of sends as people's systems write them, and what reading one comes to."""

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
from pyarrow import parquet

from reconciliation.read.file import SendFile, look_at
from reconciliation.read.mapping import Wanted, proposed
from reconciliation.read.refusal import RowRefused
from reconciliation.read.send_rows import Manifest, SendRows
from schemas.send import Role, Send

VERSION: int = 1_773_144_000_000


@dataclass(frozen=True)
class Written:
    """How a file is written."""

    kind: str
    encoding: str = "utf-8"
    delimiter: str = ","
    line_end: str = "\r\n"
    quoting: int = csv.QUOTE_MINIMAL


def file_bytes(written: Written, headers: Sequence[str], rows: Sequence[Sequence[str]]) -> bytes:
    """Return a file's bytes. Raises UnicodeEncodeError: the encoding has not all characters."""
    if written.kind == "parquet":
        made = io.BytesIO()
        columns = {name: [row[place] for row in rows] for place, name in enumerate(headers)}
        parquet.write_table(pa.table(columns), made)
        return made.getvalue()
    text = io.StringIO(newline="")
    if written.kind == "jsonl":
        for row in rows:
            text.write(json.dumps(dict(zip(headers, row, strict=True)), ensure_ascii=False) + written.line_end)
    else:
        writer = csv.writer(
            text,
            delimiter=written.delimiter,
            lineterminator=written.line_end,
            quoting=written.quoting,  # type: ignore[arg-type]
        )
        writer.writerow(headers)
        writer.writerows(rows)
    return text.getvalue().encode(written.encoding)


def read_sends(
    path: Path, wanted: Wanted | None = None, role: Role = "sender"
) -> tuple[list[Send], list[RowRefused], SendFile]:
    """Return the sends of a file, what is refused of it, and what was told of it."""
    file = look_at(path)
    mapping = proposed(file.headers, wanted or Wanted(), role=role)
    reader = SendRows(Manifest("acme", "m", role, VERSION), mapping, file.headers, file.decimal)
    read = list(reader.read(file.rows(reader.columns), file.first_number))
    sends = [one for one in read if isinstance(one, Send)]
    refused = [one for one in read if isinstance(one, RowRefused)]
    assert (len(sends), len(refused)) == (reader.kept, reader.refused)
    return sends, refused, file

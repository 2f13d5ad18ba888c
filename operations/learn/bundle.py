"""A file of captured bodies: JSON Lines, one capture a line, for `recibo parse` and `recibo source learn`. Pure.

A line is `{"recibo_capture": 1, "provider": …, "content_type": …, "received_at_ms": …, "body": "…"}`, the body as text.
"""

import json
from collections.abc import Iterable, Sequence
from typing import Any, Final
from urllib.parse import urlencode

from operations.learn.anonymity import anonymous
from operations.learn.capture import Capture
from schemas.errors import DeploymentError
from schemas.providers.reading import dump, load, load_any
from schemas.record import Kind, RequestStamp, SourceContext, encode_source

_MARK: Final = "recibo_capture"
_VERSION: Final = 1


def is_bundle(raw: bytes) -> bool:
    """Return whether a file is one of captures, and not one body."""
    return raw.lstrip().startswith(b'{"' + _MARK.encode() + b'"')


def written(captures: Sequence[Capture], key: bytes | None, now_ms: int) -> str:
    """Return captures as a file's text.

    Args:
        captures: what to write.
        key: what replacements are drawn from; None: the bodies as they came.
        now_ms: the time, UTC ms.
    """
    bodies = [capture.body for capture in captures]
    if key is not None:
        documents = [load_any(body) for body in bodies]
        read = [document for document in documents if document is not None]
        others = iter(anonymous(read, key, now_ms))
        bodies = [
            b"" if document is None else _as_it_came(next(others), body)
            for document, body in zip(documents, bodies, strict=True)
        ]
    return "".join(_line(capture, body) for capture, body in zip(captures, bodies, strict=True) if body)


def _as_it_came(document: Any, body: bytes) -> bytes:
    """Return a document as JSON, or as a form where the body was one."""
    return dump(document) if load(body) is not None else urlencode(document, doseq=True).encode()


def _line(capture: Capture, body: bytes) -> str:
    fields = {
        _MARK: _VERSION,
        "provider": capture.context.provider,
        "content_type": capture.context.content_type,
        "received_at_ms": capture.stamp.received_at_ms,
        "body": body.decode("utf-8", "replace"),
    }
    return json.dumps(fields, ensure_ascii=False) + "\n"


def captures_in(raw: bytes, context: SourceContext, file: str) -> list[Capture]:
    """Return the captures of a file, as of a source. Raises DeploymentError, naming file and line, where one cannot be read."""
    return [
        Capture(context, RequestStamp(f"{n:032x}", 0, str(Kind.SINGLE), _at(line)), encode_source(context), _body(line))
        for n, line in enumerate(_lines(raw, file))
    ]


def bodies_in(raw: bytes, file: str) -> list[tuple[bytes, str]]:
    """Return (body, content type) of every capture of a file (see `captures_in`)."""
    return [(_body(line), str(line.get("content_type", ""))) for line in _lines(raw, file)]


def _lines(raw: bytes, file: str) -> Iterable[dict[str, Any]]:
    for number, text in enumerate(raw.decode("utf-8", "replace").splitlines(), 1):
        if not text.strip():
            continue
        try:
            line = json.loads(text)
        except json.JSONDecodeError as error:
            raise DeploymentError(
                f"{file}:{number}: not a line of JSON: {error}; write it anew with `recibo source capture`"
            ) from error
        if not isinstance(line, dict) or line.get(_MARK) != _VERSION or not isinstance(line.get("body"), str):
            raise DeploymentError(
                f"{file}:{number}: no capture of version {_VERSION}; write it anew with `recibo source capture`"
            )
        yield line


def _body(line: dict[str, Any]) -> bytes:
    return str(line["body"]).encode()


def _at(line: dict[str, Any]) -> int:
    at = line.get("received_at_ms")
    return at if isinstance(at, int) else 0

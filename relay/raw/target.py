"""One URL of one source, and the request that hands a webhook on to it. Pure."""

import hashlib
import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote_plus, urlsplit

from schemas.relay_header import REQUEST_ID_HEADER, Relayed
from schemas.sources import Sources

_FIELDS: Final = re.compile("[&;]")


@dataclass(frozen=True, slots=True)
class Target:
    """Where a source's webhooks are forwarded to."""

    source: str
    url: str

    @property
    def host(self) -> str:
        """Its host, for logs and metrics: the path may hold a secret."""
        return urlsplit(self.url).hostname or ""

    @property
    def group(self) -> str:
        """Its consumer group: each URL remembers by itself how far it has come."""
        return "recibo-relay-" + hashlib.sha256(f"{self.source}\n{self.url}".encode()).hexdigest()[:16]


def targets_of(sources: Sources) -> set[Target]:
    """Return every URL that `recibo.toml` hands webhooks on to."""
    return {Target(source.name, url) for source in sources.by_name.values() for url in source.relay}


def request_of(target: Target, relayed: Relayed, request_id: str) -> tuple[str, list[tuple[bytes, bytes]]]:
    """Return (URL, headers) of the request that hands a webhook on: its own query and headers, and one of ours.

    A receiver may get a webhook twice; `Recibo-Request-Id` is the same then. What the target's own query names (its token, for
    instance) the sender's cannot say otherwise.
    """
    url, ours = target.url, urlsplit(target.url).query
    names = {_name(field) for field in _FIELDS.split(ours)}
    theirs = "&".join(field for field in _FIELDS.split(relayed.query) if field and _name(field) not in names)
    if theirs:
        url += ("&" if "?" in url else "?") + theirs
    headers = [
        (name.encode("latin-1"), value.encode("latin-1"))
        for name, value in relayed.headers
        if name.lower() != REQUEST_ID_HEADER.lower()
    ]
    return url, [*headers, (REQUEST_ID_HEADER.encode(), request_id.encode())]


def _name(field: str) -> str:
    """Return the name of a query's field as lenient receivers read it: decoded, without regard to case or `[]`."""
    return unquote_plus(field.partition("=")[0]).partition("[")[0].strip().lower()

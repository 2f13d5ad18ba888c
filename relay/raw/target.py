"""One URL of one source, and the request that hands a webhook on to it. Pure."""

import hashlib
from dataclasses import dataclass
from urllib.parse import urlsplit

from schemas.relay_header import Relayed
from schemas.sources import Sources

REQUEST_ID_HEADER = "Recibo-Request-Id"


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

    A receiver may get a webhook twice; `Recibo-Request-Id` is the same then.
    """
    url = target.url
    if relayed.query:
        url += ("&" if "?" in url else "?") + relayed.query
    headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in relayed.headers]
    return url, [*headers, (REQUEST_ID_HEADER.encode(), request_id.encode())]

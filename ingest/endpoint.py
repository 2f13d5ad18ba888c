"""A registered source, compiled for serving: what can be done once is done here, not for each request."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from ingest.http.authenticate import Verify, verifier
from ingest.http.rate_limit import TokenBucket
from schemas.authentication import NoAuthentication, signs_url
from schemas.record import SourceContext, encode_source
from schemas.sources import WEBHOOKS_PATH, Source, Sources

_CONTENT_TYPES_MAX: Final = 64
"""Spellings of content types remembered a source: parameters (charset, boundary) vary, and strangers choose them."""


@dataclass(slots=True)
class Endpoint:
    """One source's URL at work."""

    source: Source
    path: str
    """Of its URL."""
    verify: Verify
    signs_url: bool
    proves: bool
    """Whether who posts has proved who it is: not where anybody may."""
    bucket: TokenBucket | None
    body_bytes_max: int
    _source_headers: dict[bytes, bytes | None] = field(default_factory=dict)

    def source_header(self, content_type: bytes) -> bytes | None:
        """Return the `source` header of records of this content type; None for one the provider never sends."""
        try:
            return self._source_headers[content_type]
        except KeyError:
            header = self._encode_source(content_type)
            if len(self._source_headers) < _CONTENT_TYPES_MAX:
                self._source_headers[content_type] = header
            return header

    def _encode_source(self, content_type: bytes) -> bytes | None:
        source = self.source
        allowed = source.provider.content_types
        media_type = content_type.decode("latin-1").partition(";")[0].strip().lower() or allowed[0]
        if media_type not in allowed:
            return None
        return encode_source(
            SourceContext(
                source=source.name,
                account=source.account,
                provider=source.provider.name,
                content_type=media_type,
                selected=source.selected,
                mapping=source.mapping_text,
            )
        )


Endpoints = Mapping[str, Endpoint]


def endpoints_of(sources: Sources, *, body_bytes_max: int, workers: int, before: Endpoints) -> Endpoints:
    """Compile all sources.

    Args:
        sources: as read.
        body_bytes_max: of ingest as a whole; a source may have less.
        workers: processes that share a source's rate.
        before: what was served until now: a source whose limits stay keeps its bucket, so that a reload forgives nothing.
    """
    return {
        name: Endpoint(
            source=source,
            path=WEBHOOKS_PATH + name,
            verify=verifier(source),
            signs_url=signs_url(source.auth),
            proves=not isinstance(source.auth, NoAuthentication),
            bucket=_bucket(source, workers, before.get(name)),
            body_bytes_max=min(source.limits.body_bytes_max or body_bytes_max, body_bytes_max),
        )
        for name, source in sources.by_name.items()
    }


def _bucket(source: Source, workers: int, before: Endpoint | None) -> TokenBucket | None:
    limits = source.limits
    if before is not None and before.source.limits == limits:
        return before.bucket
    if limits.requests_per_second is None:
        return None
    burst = limits.burst if limits.burst is not None else 2 * limits.requests_per_second
    return TokenBucket(per_second=limits.requests_per_second / workers, burst=max(1.0, burst / workers))

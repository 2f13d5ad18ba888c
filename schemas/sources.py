"""The registered sources: `recibo.toml` as typed values. The one place that reads it; pure, no IO.

ingest needs who may post, processors and the command line need how a source's bodies are understood.
"""

import re
import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfoNotFoundError

import msgspec

from schemas.authentication import Authentication, SecretReference, authentication_of
from schemas.errors import ConfigurationError
from schemas.providers import PROVIDERS
from schemas.providers.mapping import EMPTY, FieldMapping, mapping_text, merged
from schemas.providers.provider import Parser, Provider
from schemas.providers.redaction import redactor
from schemas.status import ConnectionStatus, Status
from schemas.toml_place import key_and_reason, line_of

WEBHOOKS_PATH: Final = "/v1/webhooks/"
"""What the URL path of every source begins with; its name follows."""

_NAME: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
_ACCOUNT: Final = re.compile(r"[^/\x00-\x1f\x7f]{1,128}")
_RELAY_URL: Final = re.compile(r"https?://[^\s/@?#]+(/[^\s#]*)?")
_PUBLIC_URL: Final = re.compile(r"https?://[^\s/?#]+(/[^\s?#]*)?")
_MEDIA_TYPE: Final = re.compile(r"[a-z0-9.+-]+/[a-z0-9.+-]+")
_NAMES_SHOWN_MAX: Final = 10
_SELECTABLE: Final = tuple(str(status) for status in (*Status, *ConnectionStatus))


@dataclass(frozen=True, slots=True)
class Secret:
    """One of a source's secrets. Several are good at once, so that a rotation refuses nobody."""

    env: str
    value: str | None
    """None where the environment variable is not set: only ingest needs it, and refuses to start without."""
    expires_at_ms: int | None = None


class Limits(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What one source may send: `[sources.NAME.limits]`. None: only the limits of ingest as a whole."""

    requests_per_second: float | None = None
    burst: int | None = None
    """Requests above the rate taken at once; twice the rate where not said."""
    body_bytes_max: int | None = None


class _SourceTable(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[sources.NAME]` as written."""

    provider: str
    auth: dict[str, Any] | str
    account: str | None = None
    selected: tuple[str, ...] | None = None
    mapping: dict[str, Any] | None = None
    limits: Limits = Limits()
    relay: tuple[str, ...] = ()
    verify_token: SecretReference | None = None
    answer: Literal[200, 202, 204] | None = None
    content_types: tuple[str, ...] = ()
    redact: tuple[str, ...] = ()
    public_url: str = ""


@dataclass(frozen=True, slots=True)
class Source:
    """One registered URL, with one provider and its secrets."""

    name: str
    provider: Provider
    """As its file describes it, with what the source says of `answer`, `content_types` and `redact`."""
    account: str
    """Whose messages they are; several sources may share one."""
    selected: tuple[str, ...] | None
    """Statuses wanted; None means all. The others are stored and folded all the same."""
    auth: Authentication
    secrets: tuple[Secret, ...]
    mapping: FieldMapping | None
    """The provider's mapping with the source's own additions; None where the source adds nothing."""
    mapping_text: str
    """What the source itself says of its mapping, as JSON, as its records carry it; `{}`: nothing."""
    parser: Parser
    limits: Limits
    relay: tuple[str, ...]
    """URLs to hand each webhook on to, its own headers and query with it; empty: none."""
    verify_token: Secret | None
    """What a provider that verifies a URL by GET must present."""
    public_url: str
    """What its provider calls, up to the path of webhooks; "" where it is the deployment's (RECIBO_PUBLIC_URL)."""


@dataclass(frozen=True, slots=True)
class Sources:
    """All registered sources, by name."""

    by_name: Mapping[str, Source]
    removed: frozenset[str] = frozenset()
    """Names that were taken out on purpose (`removed = [...]`): a running process may lose these without a doubt."""


def doubtful_loss(before: Collection[str], now: Sources) -> str | None:
    """Say which sources a running process would lose in a way that looks like an accident; None where it may go on.

    Args:
        before: names of the sources it has.
        now: what the file says now.

    A file that is empty or written in part is valid TOML all the same. So a file may not take all sources away, or more
    than half of them, unless it names them in `removed`.
    """
    lost = sorted(set(before) - set(now.by_name) - now.removed)
    if not lost or 2 * len(lost) <= len(before):
        return None
    return (
        f"{len(lost)} of {len(before)} sources would be gone ({', '.join(lost[:_NAMES_SHOWN_MAX])}): is the file written in "
        f"part? If they are to go, say so in its first line: removed = {msgspec.json.encode(lost).decode()}"
    )


def parse_sources(text: str, environ: Mapping[str, str], file: str = "recibo.toml") -> Sources:
    """Return the sources that `recibo.toml` registers.

    Args:
        text: the file's text.
        environ: environment variables; a source's secrets are looked up there (see `require_secrets`).
        file: its name, for messages.

    Raises:
        ConfigurationError: naming file, line (where known) and key, and what to write instead.
    """
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(f"{file}: not TOML: {error}") from error
    unknown = [key for key in document if key not in ("sources", "removed")]
    if unknown:
        line = line_of(text, unknown[0])
        raise ConfigurationError(f"{file}:{line}: unknown key {unknown[0]!r}; a source is [sources.NAME]")
    removed = document.get("removed", [])
    if not (isinstance(removed, list) and all(isinstance(name, str) for name in removed)):
        raise ConfigurationError(f'{file}:{line_of(text, "removed")}: `removed` must be names: removed = ["NAME"]')
    tables = document.get("sources", {})
    if not isinstance(tables, dict):
        raise ConfigurationError(f"{file}:{line_of(text, 'sources')}: `sources` must be tables: [sources.NAME]")
    by_name = {}
    for name, table in tables.items():
        try:
            by_name[name] = _source(name, table, environ)
        except (msgspec.ValidationError, ValueError) as error:
            key, why = key_and_reason(error)
            where = ".".join(part for part in (f"sources.{name}", key) if part)
            raise ConfigurationError(f"{file}:{line_of(text, where)}: [{where}] {why}") from error
    return Sources(by_name, frozenset(removed))


def require_secrets(sources: Sources) -> None:
    """Refuse sources whose secrets are not in the environment: fail closed.

    Raises:
        ConfigurationError: naming the source and the variable to set.
    """
    for source in sources.by_name.values():
        for secret in (*source.secrets, *((source.verify_token,) if source.verify_token else ())):
            if not secret.value:
                raise ConfigurationError(
                    f"source {source.name}: its secret is not there; set the environment variable {secret.env}"
                )


def _source(name: str, table: Any, environ: Mapping[str, str]) -> Source:
    if not _NAME.fullmatch(name):
        raise ValueError("name: lower-case letters, digits, `-` and `_`, at most 64: it is part of the URL")
    read = msgspec.convert(table, type=_SourceTable)
    provider = PROVIDERS.get(read.provider)
    if provider is None:
        raise ValueError(f"provider: {read.provider!r} is not known; one of {', '.join(sorted(PROVIDERS))}")
    provider = _described(provider, read)
    account = name if read.account is None else read.account
    if not _ACCOUNT.fullmatch(account):
        raise ValueError("account: 1 to 128 characters without `/` or control characters: it begins every key")
    for status in read.selected or ():
        if status not in _SELECTABLE:
            raise ValueError(f"selected: {status!r} is no status; one of {', '.join(_SELECTABLE)}")
    for url in read.relay:
        if not _is_relay_url(url):
            raise ValueError(f"relay: {url!r} is no URL to post to; write https://HOST/PATH, without user or fragment")
    if read.public_url and not _PUBLIC_URL.fullmatch(read.public_url):
        raise ValueError(f"public_url: {read.public_url!r} is none; write e.g. https://hooks.example.com")
    mapping = _mapping(provider, read.mapping)
    auth = _authentication(read.auth)
    return Source(
        name=name,
        provider=provider,
        account=account,
        selected=read.selected,
        auth=auth,
        secrets=tuple(_secret(reference, environ) for reference in auth.secrets),
        mapping=mapping,
        mapping_text=mapping_text(read.mapping),
        parser=_parser(provider, mapping),
        limits=read.limits,
        relay=read.relay,
        verify_token=_secret(read.verify_token, environ) if read.verify_token else None,
        public_url=read.public_url.rstrip("/"),
    )


def _described(provider: Provider, read: _SourceTable) -> Provider:
    """Return the provider as the source describes it further: for one that no file knows, all of it is said there."""
    for media_type in read.content_types:
        if not _MEDIA_TYPE.fullmatch(media_type):
            raise ValueError(f"content_types: {media_type!r} is none; write e.g. application/json, in lower case")
    redact = redactor(*read.redact) if read.redact else None
    own = provider.redact
    both = (lambda body: redact(own(body))) if own and redact else None
    return replace(
        provider,
        answer=read.answer or provider.answer,
        content_types=read.content_types or provider.content_types,
        redact=both or redact or own,
    )


def _authentication(table: dict[str, Any] | str) -> Authentication:
    try:
        return authentication_of(table)
    except (msgspec.ValidationError, ValueError) as error:
        key, why = key_and_reason(error)
        raise ValueError(f"auth{'.' if key else ''}{key}: {why}") from error


def _mapping(provider: Provider, table: dict[str, Any] | None) -> FieldMapping | None:
    if table is None:
        return None
    try:
        return merged(provider.mapping or EMPTY, table)
    except ValueError as error:
        raise ValueError(f"mapping.{error}") from error


def parser_by(provider: Provider, table: Mapping[str, Any]) -> Parser:
    """Return a provider's parser by what a source says of its mapping (`{}`: nothing). Raises ValueError, as reading it does."""
    return _parser(provider, _mapping(provider, dict(table) or None))


def _parser(provider: Provider, mapping: FieldMapping | None) -> Parser:
    try:
        return provider.parser(mapping)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise ValueError(f"mapping.time_zone: {error}") from error


def _secret(reference: SecretReference, environ: Mapping[str, str]) -> Secret:
    expires = reference.expires_at
    return Secret(
        env=reference.env,
        value=environ.get(reference.env),
        expires_at_ms=None if expires is None else round(expires.timestamp() * 1000),
    )


def _is_relay_url(url: str) -> bool:
    """Return whether a URL can be posted to: its parts can be read, the host in ASCII, the port a port."""
    try:
        parts = urlsplit(url)
        return bool(_RELAY_URL.fullmatch(url) and url.isascii() and parts.hostname and parts.port != 0)
    except ValueError:  # an address in brackets that is none, a port above 65,535 or not a number
        return False

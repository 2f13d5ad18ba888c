"""The hot route, `/v1/webhooks/{source}`: a plain ASGI callable. Each refusal is a row of `ingest.http.problems`."""

import re
from collections.abc import Awaitable, Callable
from hashlib import sha256
from time import monotonic
from typing import Any, Final
from urllib.parse import parse_qsl

import structlog

from ingest.durable.log import DurableLog
from ingest.endpoint import Endpoint, Endpoints
from ingest.http import answers, problems
from ingest.http.authenticate import Attempt
from ingest.http.caller_address import caller_address, is_trusted, network_of
from ingest.http.rate_limit import FailedAttempts
from ingest.http.refused_proof import why_refused
from ingest.http.request import Request
from ingest.http.request_body import BytesInFlight, HungUp, Receive, Refused, decompress, read_body
from ingest.request_log import RequestLog
from ingest.settings import Settings
from ingest.splitting import LARGE_BYTES, Splitter, Taken, few_at_once, records_of
from schemas.authentication import PathSecret, secret_header_of
from schemas.errors import LogUnavailable, RecordTooLarge
from schemas.relay_header import relay_header
from schemas.sources import WEBHOOKS_PATH, Source
from schemas.topics import RAW

_QUERY_FIELDS_MAX: Final = 100
_DIGITS_MAX: Final = 18
"""Of a declared length."""
_EVENT_PATH: Final = re.compile(r"[A-Za-z0-9_.-]{1,64}(/[A-Za-z0-9_.-]{1,64})?")
"""What a provider may append to a source's URL: an event's name, some with a kind of message behind it."""
_TOLD_EVERY_S: Final = 1.0
"""Between two lines of the log on why requests of one source did not prove themselves."""
_RECORD_OVERHEAD_BYTES: Final = 1_000
"""What a record costs in memory beside its value: key, headers, and the objects that hold them."""

Send = Callable[[dict[str, Any]], Awaitable[None]]
log = structlog.get_logger()


class Webhooks:
    """Takes webhooks: routes, bounds, authenticates, splits, stores and answers, in this order."""

    def __init__(self, settings: Settings, durable_log: DurableLog, request_log: RequestLog) -> None:
        self.endpoints: Endpoints = {}
        """The sources served; replaced whole when the configuration changes."""
        self.in_flight = 0
        """Requests being served now."""
        self.being_stored = 0
        """Those of them that are authenticated. They alone are limited: strangers are by their connections."""
        self._settings = settings
        self._durable_log = durable_log
        self._request_log = request_log
        self._held = BytesInFlight(settings.in_flight_bytes_max)
        self._failed_attempts = FailedAttempts(per_minute_max=settings.auth_failures_per_minute_max)
        self._splitter = Splitter()
        self._told_s: dict[str | None, float] = {}
        """Source → when the log was last told why its requests are refused (monotonic seconds)."""

    def close(self) -> None:
        """Take no more large bodies apart."""
        self._splitter.close()

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        """Serve one request, and note the answer that was really given."""
        request = Request(scope)
        self.in_flight += 1
        try:
            messages = await self._answer(request, receive)
            status = messages[0]["status"]
            if not request.has_hung_up and not (request.events and request.write(answers.head(status))):
                for message in messages:
                    await send(message)
            if request.has_hung_up:
                request.cut_off()
            else:
                request.answered(status)
        except HungUp:
            request.cut_off()
        finally:
            self.in_flight -= 1
            self.being_stored -= request.is_authentic
            self._held.now -= request.held_bytes
            self._request_log.note(request.record(), is_authentic=request.is_authentic)

    async def _answer(self, request: Request, receive: Receive) -> answers.Messages:
        try:
            return await self._serve(request, receive)
        except Refused as error:
            request.refusal = error.refusal
        except RecordTooLarge as error:
            log.warning("a request is too large for the log", request_id=request.request_id, why=str(error))
            request.refusal = problems.TOO_LARGE
        except LogUnavailable as error:
            log.warning("a request is not stored", request_id=request.request_id, why=str(error))
            request.refusal = problems.NOT_STORED
        except HungUp:
            raise
        except Exception:
            if request.is_authentic:
                # A bug of ours must not cost an event: the provider is asked to send it again, and the log says why.
                log.exception("a request failed unexpectedly", request_id=request.request_id)
                request.refusal = problems.NOT_STORED
            else:  # of something that a stranger sent, and may send as often as he likes
                if self._is_time_to_tell(None):
                    log.exception("a request fails before it is authenticated", request_id=request.request_id)
                request.refusal = problems.MALFORMED
        return answers.refused(request.refusal)

    async def _serve(self, request: Request, receive: Receive) -> answers.Messages:
        endpoint, path_secret = self._route(request)
        if request.method == "GET" and endpoint.source.provider.challenge is not None:
            return self._challenge(request, endpoint)
        if request.method != "POST":
            raise Refused(problems.WRONG_METHOD)
        source_header = endpoint.source_header(request.headers.get_bytes(b"content-type"))
        if source_header is None:
            raise Refused(problems.WRONG_TYPE)
        raw = await self._read(request, endpoint, receive)
        self._authenticate(request, endpoint, raw, path_secret)
        request.authenticated(proves=endpoint.proves)
        self.being_stored += 1
        if self.being_stored > self._settings.in_flight_requests_max:
            raise Refused(problems.OVERLOADED)
        if endpoint.bucket is not None and not endpoint.bucket.take(monotonic()):
            raise Refused(problems.TOO_MANY)
        taken = self._taken(request, endpoint, raw, source_header)
        records = records_of(taken) if len(taken.body) < LARGE_BYTES else await self._splitter.records(taken)
        if len(records) == 1:
            request.stored = await self._durable_log.append(RAW, records)
        else:
            self._hold(request, sum([len(record.value) + _RECORD_OVERHEAD_BYTES for record in records[1:]]))
            places = {await self._durable_log.append(RAW, portion) for portion in few_at_once(records)}
            request.stored = "spool" if "spool" in places else "log"
        request.events = max(1, len(records) - 1)
        return answers.taken(endpoint.source.provider.answer)

    def _route(self, request: Request) -> tuple[Endpoint, str]:
        """Return the source that the URL names, and the secret that may follow."""
        scope, headers, proxies = request.scope, request.headers, self._settings.trusted_proxies
        name, _, rest = scope["path"][len(WEBHOOKS_PATH) :].partition("/")
        peer = scope["client"][0] if scope["client"] else ""
        request.remote_address = caller_address(peer, headers.joined(b"x-forwarded-for"), proxies) if proxies else peer
        endpoint = self.endpoints.get(name)
        if endpoint is None:
            request.path = WEBHOOKS_PATH + name.encode("unicode_escape").decode()
            _check_framing(request)
            raise Refused(problems.UNKNOWN_SOURCE)
        request.path = endpoint.path
        request.source = endpoint.source
        secret = _path_secret(endpoint.source, rest)
        _check_framing(request)
        return endpoint, secret

    async def _read(self, request: Request, endpoint: Endpoint, receive: Receive) -> bytes:
        declared = request.headers.get_bytes(b"content-length").lstrip(b"0")
        if declared.isdigit() and (len(declared) > _DIGITS_MAX or int(declared) > endpoint.body_bytes_max):
            raise Refused(problems.TOO_LARGE)
        raw = request.take_body()
        if raw is not None:
            self._hold(request, len(raw))
            if len(raw) > endpoint.body_bytes_max:
                raise Refused(problems.TOO_LARGE)
        else:
            raw = await read_body(
                receive,
                bytes_max=endpoint.body_bytes_max,
                s_max=self._settings.request_ms_max / 1000,
                held=self._held,
            )
            request.held_bytes = len(raw)
        request.body_bytes = len(raw)
        request.sha256 = sha256(raw).hexdigest()
        return raw

    def _authenticate(self, request: Request, endpoint: Endpoint, raw: bytes, path_secret: str) -> None:
        scope, proxies = request.scope, self._settings.trusted_proxies
        attempt = Attempt(
            headers=request.headers,
            body=raw,
            url=_public_url(endpoint.source.public_url or self._settings.public_url, scope)
            if endpoint.signs_url
            else "",
            path_secret=path_secret,
            address=request.remote_address,
            is_from_trusted_proxy=bool(proxies) and is_trusted(scope["client"][0], proxies),
            now_ms=request.received_at_ms,
        )
        if endpoint.verify(attempt):
            return
        # The genuine provider may share its address with whoever fails (a NAT, an undeclared proxy): what is
        # valid passes all the same, so only the failures are limited.
        who, now_s = f"{endpoint.source.name} {network_of(request.remote_address)}", monotonic()
        is_blocked = self._failed_attempts.is_blocked(who, now_s)
        self._failed_attempts.count(who, now_s)
        self._tell_why(endpoint.source, attempt, request.request_id)
        raise Refused(problems.TOO_MANY_FAILURES if is_blocked else problems.UNAUTHENTICATED)

    def _tell_why(self, source: Source, attempt: Attempt, request_id: str) -> None:
        """Say in the log, now and then, what a request presented and what was expected: the answer tells nobody."""
        if not self._is_time_to_tell(source.name):
            return
        log.warning(
            "a request does not prove that it is the provider's",
            source=source.name,
            request_id=request_id,
            why=why_refused(source, attempt),
        )

    def _is_time_to_tell(self, source: str | None) -> bool:
        """Return whether the log was not told of a source (None: of bugs that strangers find) within the last second."""
        now_s = monotonic()
        if now_s - self._told_s.get(source, -_TOLD_EVERY_S) < _TOLD_EVERY_S:
            return False
        self._told_s[source] = now_s
        return True

    def _challenge(self, request: Request, endpoint: Endpoint) -> answers.Messages:
        source = endpoint.source
        # Apart from failed posts: strangers behind the provider's proxy send those at will.
        who, now_s = f"challenge of {source.name} {network_of(request.remote_address)}", monotonic()
        if self._failed_attempts.is_blocked(who, now_s):
            raise Refused(problems.TOO_MANY_FAILURES)  # also of the right token: it is asked for once, by hand
        query = _fields(request.scope["query_string"])
        token = source.verify_token.value if source.verify_token else None
        echo = source.provider.challenge(query, token) if source.provider.challenge and token else None
        if echo is None:
            self._failed_attempts.count(who, now_s)
            raise Refused(problems.REFUSED_CHALLENGE)
        return answers.text(echo)

    def _taken(self, request: Request, endpoint: Endpoint, raw: bytes, source_header: bytes) -> Taken:
        source, headers = endpoint.source, request.headers
        body = raw
        if headers.get_bytes(b"content-encoding"):
            body = decompress(raw, headers.joined(b"content-encoding"), endpoint.body_bytes_max)
            self._hold(request, len(body))
        own_headers = headers.raw
        if source.provider.envelope is not None and (whole := source.provider.envelope(headers.raw, body)):
            body, own_headers = whole
            self._hold(request, len(body))
        relay = None
        if source.relay:
            relay = relay_header(own_headers, request.scope["query_string"], secret_header_of(source.auth))
            self._hold(request, len(relay))
        content_type = headers.get("content-type")
        return Taken(endpoint, body, content_type, source_header, request.request_id, request.received_at_ms, relay)

    def _hold(self, request: Request, count: int) -> None:
        """Count bytes that a request holds: of its body, and of what that becomes, which may be much more."""
        request.held_bytes += count
        self._held.now += count
        if self._held.now > self._held.limit:
            raise Refused(problems.OVERLOADED)


def _fields(query: bytes) -> dict[str, str]:
    """Return the fields of a query. Raises Refused where there are too many for a challenge."""
    try:
        return dict(parse_qsl(query.decode("latin-1"), max_num_fields=_QUERY_FIELDS_MAX))
    except ValueError as error:
        raise Refused(problems.MALFORMED) from error


def _path_secret(source: Source, rest: str) -> str:
    """Return the secret of what follows a source's name in the URL. The name of an event may come last."""
    has_secret = isinstance(source.auth, PathSecret)
    if source.provider.appends_event:
        secret, _, event = rest.partition("/") if has_secret else ("", "", rest)
        if event and not _EVENT_PATH.fullmatch(event):
            raise Refused(problems.UNKNOWN_SOURCE)
        return secret
    if rest and not has_secret:
        raise Refused(problems.UNKNOWN_SOURCE)
    return rest


def _check_framing(request: Request) -> None:
    """Refuse what two parties could take for different requests: several hosts, or a transfer coding that is not undone."""
    headers = request.headers
    if not headers.get_bytes(b"transfer-encoding") and headers.is_there_once(b"host") and headers.get_bytes(b"host"):
        return  # nearly all
    is_old = request.scope["http_version"] == "1.0"
    coding = headers.joined(b"transfer-encoding").strip().lower()
    if coding and (is_old or coding != "chunked"):
        raise Refused(problems.MALFORMED_FRAMING)
    if not (headers.only("host") or (is_old and not headers.joined(b"host"))):
        raise Refused(problems.MALFORMED_FRAMING)


def _public_url(public_url: str, scope: dict[str, Any]) -> str:
    query: bytes = scope["query_string"]
    path = scope.get("raw_path") or scope["path"].encode()
    return f"{public_url}{path.decode('latin-1')}{'?' if query else ''}{query.decode('latin-1')}"

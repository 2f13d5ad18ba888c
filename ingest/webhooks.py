"""The hot route, `/v1/webhooks/{source}`: a plain ASGI callable. Each refusal is a row of `ingest.http.problems`."""

from collections.abc import Awaitable, Callable, Sequence
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
from ingest.http.request import Request
from ingest.http.request_body import BytesInFlight, HungUp, Receive, Refused, decompress, read_body
from ingest.raw_records import LogRecord, raw_records
from ingest.request_log import RequestLog
from ingest.settings import Settings
from schemas.authentication import Bearer, PathSecret
from schemas.errors import LogUnavailable
from schemas.providers.provider import Part
from schemas.relay_header import relay_header
from schemas.sources import WEBHOOKS_PATH
from schemas.topics import RAW

_QUERY_FIELDS_MAX: Final = 100
_PART_OVERHEAD_BYTES: Final = 1_000
"""What a record costs in memory beside its value: key, headers, and the objects that hold them."""

Send = Callable[[dict[str, Any]], Awaitable[None]]
log = structlog.get_logger()


class Webhooks:
    """Takes webhooks: routes, bounds, authenticates, splits, stores and answers, in this order."""

    def __init__(self, settings: Settings, durable_log: DurableLog, request_log: RequestLog) -> None:
        self.endpoints: Endpoints = {}
        """The sources served; replaced whole when the configuration changes."""
        self.in_flight = 0
        """Requests that are authenticated, and not answered yet: strangers are limited by their connections."""
        self._settings = settings
        self._durable_log = durable_log
        self._request_log = request_log
        self._held = BytesInFlight(settings.in_flight_bytes_max)
        self._failed_attempts = FailedAttempts(per_minute_max=settings.auth_failures_per_minute_max)

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        """Serve one request, and note the answer that was really given."""
        request = Request(scope)
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
            self.in_flight -= request.is_in_flight
            self._held.now -= request.held_bytes
            self._request_log.note(request.record())

    async def _answer(self, request: Request, receive: Receive) -> answers.Messages:
        try:
            return await self._serve(request, receive)
        except Refused as error:
            request.refusal = error.refusal
        except LogUnavailable as error:
            log.warning("a request is not stored", request_id=request.request_id, why=str(error))
            request.refusal = problems.NOT_STORED
        except HungUp:
            raise
        except Exception:
            # A bug of ours must not cost an event: the provider is asked to send it again, and the log says why.
            log.exception("a request failed unexpectedly", request_id=request.request_id)
            request.refusal = problems.NOT_STORED
        return answers.refused(request.refusal)

    async def _serve(self, request: Request, receive: Receive) -> answers.Messages:
        endpoint, path_secret = self._route(request)
        if request.method == "GET" and endpoint.source.provider.challenge is not None:
            return _challenge(request, endpoint)
        if request.method != "POST":
            raise Refused(problems.WRONG_METHOD)
        source_header = endpoint.source_header(request.headers.get_bytes(b"content-type"))
        if source_header is None:
            raise Refused(problems.WRONG_TYPE)
        raw = await self._read(request, endpoint, receive)
        self._authenticate(request, endpoint, raw, path_secret)
        request.authenticated(proves=endpoint.proves)
        self.in_flight += 1
        if self.in_flight > self._settings.in_flight_requests_max:
            raise Refused(problems.OVERLOADED)
        if endpoint.bucket is not None and not endpoint.bucket.take(monotonic()):
            raise Refused(problems.TOO_MANY)
        records = self._records(request, endpoint, raw, source_header)
        request.stored = await self._durable_log.append(RAW, records)
        request.events = max(1, len(records) - 1)
        return answers.taken(endpoint.source.provider.answer)

    def _route(self, request: Request) -> tuple[Endpoint, str]:
        """Return the source that the URL names, and the secret that may follow."""
        scope, headers, proxies = request.scope, request.headers, self._settings.trusted_proxies
        name, _, secret = scope["path"][len(WEBHOOKS_PATH) :].partition("/")
        peer = scope["client"][0] if scope["client"] else ""
        request.remote_address = caller_address(peer, headers.joined(b"x-forwarded-for"), proxies) if proxies else peer
        endpoint = self.endpoints.get(name)
        if endpoint is None:
            request.path = WEBHOOKS_PATH + name.encode("unicode_escape").decode()
            raise Refused(problems.UNKNOWN_SOURCE)
        request.path = endpoint.path
        request.source = endpoint.source
        if secret and not isinstance(endpoint.source.auth, PathSecret):
            raise Refused(problems.UNKNOWN_SOURCE)
        if not headers.get_bytes(b"host") and scope["http_version"] != "1.0":
            raise Refused(problems.MALFORMED)
        return endpoint, secret

    async def _read(self, request: Request, endpoint: Endpoint, receive: Receive) -> bytes:
        declared = request.headers.get_bytes(b"content-length")
        if declared.isdigit() and int(declared) > endpoint.body_bytes_max:
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
            url=_public_url(self._settings.public_url, scope) if endpoint.signs_url else "",
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
        raise Refused(problems.TOO_MANY_FAILURES if is_blocked else problems.UNAUTHENTICATED)

    def _records(self, request: Request, endpoint: Endpoint, raw: bytes, source_header: bytes) -> list[LogRecord]:
        source, headers = endpoint.source, request.headers
        body = raw
        coding = headers.get_bytes(b"content-encoding")
        if coding:
            body = decompress(raw, coding.decode("latin-1"), endpoint.body_bytes_max)
            self._hold(request, len(body))
        if source.provider.redact is not None:
            body = source.provider.redact(body)
        parts = _split(endpoint, body, headers.get("content-type"))
        if len(parts) > 1:
            self._hold(request, sum([len(part.body) for part in parts]) + len(parts) * _PART_OVERHEAD_BYTES)
        relay = None
        if source.relay:
            secret_header = source.auth.header if isinstance(source.auth, Bearer) else ""
            relay = relay_header(headers.raw, request.scope["query_string"], secret_header)
        return raw_records(
            account=source.account,
            source_header=source_header,
            request_id=request.request_id,
            received_at_ms=request.received_at_ms,
            body=body,
            parts=parts,
            relay=relay,
        )

    def _hold(self, request: Request, count: int) -> None:
        """Count bytes that a request holds: of its body, and of what that becomes, which may be much more."""
        request.held_bytes += count
        self._held.now += count
        if self._held.now > self._held.limit:
            raise Refused(problems.OVERLOADED)


def _split(endpoint: Endpoint, body: bytes, content_type: str) -> Sequence[Part]:
    try:
        return endpoint.source.parser.split(body, content_type)
    except Exception:
        # `split` never raises; should it all the same, the body is kept whole and can be repaired from the log.
        log.exception("a body cannot be split; it is kept whole", source=endpoint.source.name)
        return [Part(None, body)]


def _challenge(request: Request, endpoint: Endpoint) -> answers.Messages:
    source = endpoint.source
    query = dict(parse_qsl(request.scope["query_string"].decode("latin-1"), max_num_fields=_QUERY_FIELDS_MAX))
    token = source.verify_token.value if source.verify_token else None
    echo = source.provider.challenge(query, token) if source.provider.challenge and token else None
    if echo is None:
        raise Refused(problems.REFUSED_CHALLENGE)
    return answers.text(echo)


def _public_url(public_url: str, scope: dict[str, Any]) -> str:
    query: bytes = scope["query_string"]
    path = scope.get("raw_path") or scope["path"].encode()
    return f"{public_url}{path.decode('latin-1')}{'?' if query else ''}{query.decode('latin-1')}"

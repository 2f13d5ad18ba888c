"""One request's account: what it is, what became of it, and the record of it."""

from time import perf_counter_ns, time_ns
from typing import Any, Final

from ingest.http.crowd import Guest
from ingest.http.problems import Refusal
from ingest.http.request_headers import RequestHeaders
from ingest.request_id import new_request_id
from schemas.record import RequestRecord
from schemas.sources import Source

EXCHANGE: Final = "recibo.exchange"
"""Key in the ASGI scope under which the HTTP protocol leaves its own view of the request."""
GUEST: Final = "recibo.guest"
"""Key in the ASGI scope under which it leaves whose connection it is."""
ANSWERED: Final = "recibo.answered"
"""Key in the ASGI scope under which the HTTP protocol leaves the refusal that it answered itself."""
_HUNG_UP_STATUS: Final = 499
_NS_PER_MS: Final = 1_000_000
_NS_PER_US: Final = 1_000
_PATH_LENGTH_MAX: Final = 200


class Request:
    """What is known of a request so far. Filled in as it is served, then turned into its record."""

    __slots__ = (
        "_answered_at_ms",
        "_began_ns",
        "_exchange",
        "_guest",
        "body_bytes",
        "events",
        "headers",
        "held_bytes",
        "is_authentic",
        "method",
        "path",
        "received_at_ms",
        "refusal",
        "remote_address",
        "request_id",
        "scope",
        "sha256",
        "source",
        "status",
        "stored",
    )

    def __init__(self, scope: dict[str, Any]) -> None:
        """Begin the account of the request that ASGI's `scope` describes, now."""
        self._began_ns = perf_counter_ns()
        # Taken out: it knows the scope, and the two of them would be garbage that only the collector could clear away.
        self._exchange = scope.pop(EXCHANGE, None)
        self._guest: Guest | None = scope.pop(GUEST, None)
        self._answered_at_ms: int | None = None
        self.scope = scope
        self.received_at_ms = time_ns() // _NS_PER_MS
        self.request_id = new_request_id(self.received_at_ms)
        self.headers = RequestHeaders(scope["headers"])
        self.method: str = scope["method"]
        self.path = ""
        """Of the URL, without a secret that may be in it."""
        self.remote_address = ""
        self.source: Source | None = None
        self.status = _HUNG_UP_STATUS
        self.refusal: Refusal | None = None
        self.stored = "nowhere"
        self.body_bytes = 0
        self.is_authentic = False
        self.held_bytes = 0
        """Bytes of it in memory that count against the process's limit."""
        self.sha256: str | None = None
        self.events = 0

    @property
    def has_hung_up(self) -> bool:
        """Whether the client is known to have left."""
        return self._exchange is not None and self._exchange.disconnected

    def authenticated(self, *, proves: bool) -> None:
        """Note that it is genuine. `proves`: whether that says who its connection's other end is."""
        self.is_authentic = True
        if self._guest is not None:
            self._guest.serve(proves=proves)

    def take_body(self) -> bytes | None:
        """Return the body, where all of it is known to be here and the client has not left; else None."""
        exchange = self._exchange
        if exchange is None or exchange.more_body or exchange.disconnected:
            return None
        body = bytes(exchange.body)
        exchange.body.clear()
        return body

    def write(self, head: bytes) -> bool:
        """Answer with a head and no body by one write, and return whether it was done.

        ASGI's `send` is called twice for an answer, and checks and joins headers that never change. Left to it are
        connections that are to be closed, and clients that do not read what they are sent.
        """
        exchange = self._exchange
        if exchange is None or not exchange.keep_alive or exchange.flow.write_paused:
            return False
        exchange.response_started = exchange.response_complete = True
        exchange.waiting_for_100_continue = False
        now = [b"%b: %b\r\n" % header for header in exchange.default_headers]
        exchange.transport.write(b"".join([head, *now, b"\r\n"]))
        exchange.message_event.set()
        exchange.on_response()
        return True

    def cut_off(self) -> None:
        """Note that nobody could be answered, or that the HTTP protocol did so itself."""
        self.refusal = self.scope.get(ANSWERED, self.refusal)
        if ANSWERED in self.scope:
            self.answered(self.scope[ANSWERED].status)

    def answered(self, status: int) -> None:
        """Note that an answer was handed to the socket."""
        self.status = status
        self._answered_at_ms = time_ns() // _NS_PER_MS

    def record(self) -> RequestRecord:
        """Return the value of `webhook.requests`."""
        source = self.source
        return RequestRecord(
            request_id=self.request_id,
            received_at_ms=self.received_at_ms,
            answered_at_ms=self._answered_at_ms,
            method=self.method,
            path=self.path[:_PATH_LENGTH_MAX],
            source=source.name if source else None,
            account=source.account if source else None,
            provider=source.provider.name if source else None,
            remote_address=self.remote_address,
            status=self.status,
            duration_us=(perf_counter_ns() - self._began_ns) // _NS_PER_US,
            body_bytes=self.body_bytes,
            sha256=self.sha256,
            events=self.events,
            stored=self.stored,
            refusal=self.refusal.title if self.refusal else None,
        )

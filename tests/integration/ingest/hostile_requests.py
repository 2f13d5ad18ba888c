"""Hostile HTTP requests with the answer that each must get: endless, seeded."""

import random
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Final

import cramjam

from schemas.signatures import sign
from tests.integration.ingest.hostile_bodies import bodies
from tests.integration.ingest.hostile_edge import OF_THE_EDGE
from tests.integration.ingest.hostile_post import BODY_BYTES_MAX, Hostile, Posts, refused, signature_of, taken
from tests.support.running_ingest import SECRET, event_body

SOURCES: Final = """
[sources.{name}-signed]
provider = "wpp_marketing"
auth = {{ kind = "hmac", header = "X-Recibo-Signature", prefix = "sha256=", secrets = [{{ env = "RECIBO_TEST_SECRET" }}] }}
[sources.{name}-timed]
provider = "meta_cloud"
[sources.{name}-timed.auth]
kind = "hmac"
header = "X-Sig"
signed = "{{timestamp}}.{{body}}"
timestamp_header = "X-Time"
tolerance_s = 300
secrets = [{{ env = "RECIBO_TEST_SECRET" }}]
[sources.{name}-timed.verify_token]
env = "RECIBO_TEST_SECRET"
[sources.{name}-open]
provider = "meta_cloud"
auth = "none"
[sources.{name}-jwt]
provider = "waha"
auth = {{ kind = "jwt", secrets = [{{ env = "RECIBO_TEST_SECRET" }}] }}
[sources.{name}-redacted]
provider = "evolution"
auth = {{ kind = "hmac", header = "X-Recibo-Signature", prefix = "sha256=", secrets = [{{ env = "RECIBO_TEST_SECRET" }}] }}
[sources.{name}-net]
provider = "waha"
auth = {{ kind = "addresses", networks = ["10.0.0.0/8"] }}
[sources.{name}-cert]
provider = "waha"
auth = {{ kind = "client_certificate", header = "X-Client-Cert", allowed = ["genuine"] }}
"""
STORING: Final = ("signed", "timed", "open", "jwt", "redacted")
"""Those of them whose posts are stored."""

COMPRESS: Final = {
    "gzip": cramjam.gzip.compress,
    "deflate": cramjam.zlib.compress,
    "br": cramjam.brotli.compress,
    "zstd": cramjam.zstd.compress,
}


class Maker(Posts):
    """Makes requests to the sources of one run."""

    def __init__(self, name: str, seed: int) -> None:
        super().__init__(name, random.Random(seed))
        self._bodies = bodies(self.rnd)

    def requests(self) -> Iterator[Hostile]:
        """Yield requests without end."""
        kinds: tuple[tuple[float, Callable[[], Hostile]], ...] = (
            (50, self._authentic),
            (8, self._open),
            (8, self._timed),
            (6, self._compressed),
            (10, self._forged),
            (4, self._stale),
            (2, self._torn_compression),
            (1, self._bomb),
            (4, self._chunked),
            (2, self._too_large),
            (4, self._wrong_type),
            (3, self._wrong_method),
            (5, self._strange_path),
            (5, self._smuggled),
            (3, self._header_flood),
            *((weight, partial(make, self)) for weight, make in OF_THE_EDGE),
        )
        weights = [weight for weight, _ in kinds]
        makers = [make for _, make in kinds]
        while True:
            (make,) = self.rnd.choices(makers, weights)
            yield make()

    def _authentic(self) -> Hostile:
        body = next(self._bodies)
        return taken("authentic", self.signed(body), body, 204)

    def _open(self) -> Hostile:
        body = next(self._bodies)
        return taken("open", self.request("open", body, {"content-type": "application/json"}), body, 200)

    def _timed(self) -> Hostile:
        body = next(self._bodies)
        return taken("timed", self.request("timed", body, _timed_signature(body, int(time.time()))), body, 200)

    def _compressed(self) -> Hostile:
        body = next(self._bodies)
        coding, compress = self.rnd.choice(list(COMPRESS.items()))
        raw = bytes(compress(body))
        return taken("compressed", self.signed(raw, **{"content-encoding": coding}), body, 204)

    def _forged(self) -> Hostile:
        body = next(self._bodies)
        good = signature_of(body)["x-recibo-signature"]
        position = self.rnd.randrange(len(good))
        digit = self.rnd.choice([c for c in "0123456789abcdef" if c != good[position]])
        flipped = good[:position] + digit + good[position + 1 :]
        forged = self.rnd.choice(
            (flipped, flipped, good[7:], "", "sha256=", good * 2, "\x80" * 71, "sha256=" + "é" * 64)
        )
        return refused("forged", self.signed(body, **{"x-recibo-signature": forged}), _status_unless_large(body, 401))

    def _stale(self) -> Hostile:
        body = next(self._bodies)
        stale = self.rnd.choice(("0", "", "soon", "-1", "9" * 300, str(int(time.time()) - 1_000), str(10**10)))
        headers = _timed_signature(body, stale)
        return refused("stale", self.request("timed", body, headers), _status_unless_large(body, 401))

    def _torn_compression(self) -> Hostile:
        coding, compress = self.rnd.choice(list(COMPRESS.items()))
        raw = bytes(compress(event_body(self.rnd.getrandbits(40))))
        torn = raw[: self.rnd.randrange(len(raw) - 2)]
        return refused("torn compression", self.signed(torn, **{"content-encoding": coding}), 400)

    def _bomb(self) -> Hostile:
        coding, compress = self.rnd.choice(list(COMPRESS.items()))
        raw = bytes(compress(b"\0" * self.rnd.randrange(BODY_BYTES_MAX + 1, 20 * BODY_BYTES_MAX)))
        return refused("bomb", self.signed(raw, **{"content-encoding": coding}), 413)

    def _chunked(self) -> Hostile:
        body = next(self._bodies)
        chunks = b""
        at = 0
        while at < len(body):
            size = self.rnd.choice((1, 7, 100, 70_000)) if len(body) < 5_000 else 70_000
            piece = body[at : at + size]
            chunks += b"%x\r\n%b\r\n" % (len(piece), piece)
            at += size
        length = b"content-length: %d\r\n" % len(body)
        data = self.signed(body).replace(length, b"transfer-encoding: chunked\r\n", 1)
        head, _, _ = data.partition(b"\r\n\r\n")
        return taken("chunked", head + b"\r\n\r\n" + chunks + b"0\r\n\r\n", body, 204)

    def _too_large(self) -> Hostile:
        declared = self.rnd.randrange(BODY_BYTES_MAX + 1, 10**18)
        body = event_body(self.rnd.getrandbits(40))
        length, larger = f"content-length: {len(body)}\r\n", f"content-length: {declared}\r\n"
        return refused("too large", self.signed(body).replace(length.encode(), larger.encode(), 1), 413)

    def _wrong_type(self) -> Hostile:
        body = event_body(self.rnd.getrandbits(40))
        if self.rnd.random() < 0.5:
            kind = self.rnd.choice(("text/xml", "multipart/form-data; boundary=x", "application/jsonp", "*/*", "json"))
            return refused("wrong type", self.signed(body, **{"content-type": kind}), 415)
        coding = self.rnd.choice(("sdch", "gzip, br", "compress", "\x80"))
        return refused("wrong coding", self.signed(body, **{"content-encoding": coding}), 415)

    def _wrong_method(self) -> Hostile:
        method = self.rnd.choice(("GET", "HEAD", "PUT", "DELETE", "PATCH", "OPTIONS", "PROPFIND", "TRACE"))
        headers = {"x-number": str(self.rnd.getrandbits(60))}
        return refused(f"method {method}", self.request("signed", b"", headers, method=method), 405)

    def _strange_path(self) -> Hostile:
        alphabet = "abc/.%20%00%2e%2f%0d%0a%1b?#;\\~+$&='"
        path = "".join(self.rnd.choice(alphabet) for _ in range(self.rnd.randrange(1, 30)))
        data = f"POST /v1/webhooks/no-{path}{self.rnd.getrandbits(60)} HTTP/1.1\r\nhost: t\r\ncontent-length: 0\r\n\r\n"
        return Hostile("strange path", data.encode(), frozenset({404, 400}), None)

    def _smuggled(self) -> Hostile:
        number = self.rnd.getrandbits(60)
        shape = self.rnd.choice(_SMUGGLING)
        head = f"POST /v1/webhooks/{self.name}-signed HTTP/1.1\r\nhost: t\r\nx-number: {number}\r\n"
        return refused("smuggled", head.encode() + shape, 400)

    def _header_flood(self) -> Hostile:
        body = event_body(self.rnd.getrandbits(40))
        if self.rnd.random() < 0.5:
            many = {f"x-{number}": "1" for number in range(self.rnd.randrange(101, 400))}
            return refused("many headers", self.signed(body, **many), 431)
        return refused("large header", self.signed(body, **{"x-large": "a" * self.rnd.randrange(33_000, 60_000)}), 431)


_SMUGGLING: Final = (
    b"content-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
    b"content-length: 5\r\ncontent-length: 6\r\n\r\nabcde",
    b"content-length: +5\r\n\r\nabcde",
    b"content-length: 0x5\r\n\r\nabcde",
    b"content-length: -5\r\n\r\nabcde",
    b"content-length: 99999999999999999999\r\n\r\nabcde",
    b"transfer-encoding: xchunked\r\n\r\n0\r\n\r\n",
    b"transfer-encoding: chunked, identity\r\n\r\n0\r\n\r\n",
    b"content-length : 5\r\n\r\nabcde",
    b"x: a\r\n b\r\ncontent-length: 5\r\n\r\nabcde",
    b"x: a\x00b\r\ncontent-length: 0\r\n\r\n",
    b"x y: a\r\ncontent-length: 0\r\n\r\n",
    b"content-length: 5\n\nabcde",
)


def _timed_signature(body: bytes, at: int | str) -> dict[str, str]:
    good = sign(SECRET.encode(), f"{at}.".encode() + body)
    return {"content-type": "application/json", "x-time": str(at), "x-sig": good}


def _status_unless_large(body: bytes, status: int) -> int:
    return 413 if len(body) > BODY_BYTES_MAX else status

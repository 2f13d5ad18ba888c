"""Attacks on the edge that were found once (framing, memory, proofs, redaction): each a kind, with what must become of it."""

import json
import time
import warnings
from collections.abc import Callable
from typing import Any, Final

import cramjam
import jwt
import orjson

from schemas.providers import PROVIDERS
from tests.integration.ingest.hostile_post import Hostile, Posts, refused, signature_of, taken
from tests.support.running_ingest import SECRET, event_body

_CHUNKED: Final = b"transfer-encoding: chunked\r\n"


def _chunked(data: bytes, trailers: bytes, coding: bytes = _CHUNKED) -> bytes:
    """Return a post with its body as one chunk, and what comes behind the body."""
    head, _, body = data.partition(b"\r\n\r\n")
    head = head.replace(b"content-length: %d" % len(body), coding.removesuffix(b"\r\n"), 1)
    return head + b"\r\n\r\n%x\r\n%b\r\n0\r\n%b\r\n" % (len(body), body, trailers)


def _trailers(posts: Posts) -> Hostile:
    """Headers behind the body: few, many, or those that would prove something (C3, H1)."""
    body = posts.body()
    lines = posts.rnd.choice(
        (
            b"x-number: 1\r\n",
            b"x-forwarded-for: 10.0.0.1\r\n",
            b"x-client-cert: genuine\r\n",
            b"x: " + b"a" * 100 + b"\r\n",
            b"".join(b"%b: %b\r\n" % (k.encode(), v.encode()) for k, v in signature_of(body).items()),
        )
    )
    source = posts.rnd.choice(("signed", "open", "net", "cert"))
    data = posts.request(source, body, signature_of(body) | {"content-type": "application/json"})
    count = posts.rnd.choice((1, 2, 90, 1_000))
    return Hostile("trailers", _chunked(data, lines * count), frozenset({400, 431}), None, ends=True)


def _pipelined(posts: Posts) -> Hostile:
    """Many requests at once, none of them genuine (C4): answered in their order, until the connection is closed."""
    body = posts.body()
    data = posts.request("signed", body, {"content-type": "application/json"})
    return Hostile("pipelined", data * posts.rnd.choice((20, 200)), frozenset({401}), None, ends=True)


def _garbage_behind(posts: Posts) -> Hostile:
    """A genuine post with garbage behind it in the same segment: it is stored and answered first."""
    body = posts.body()
    garbage = posts.rnd.choice(
        (b"not HTTP\r\n\r\n", b"\0", b"\x16\x03\x01", b"POST / HTTP/9.9\r\n\r\n", b"GET\r\n\r\n")
    )
    return taken("garbage behind", posts.signed(body) + garbage, body, 204)._replace(ends=True)


def _hang_up(posts: Posts) -> Hostile:
    """A sender who leaves before the body is there (H4)."""
    data = posts.signed(posts.body())
    cut = data.index(b"\r\n\r\n") + posts.rnd.randrange(4, 20)
    return Hostile("hang-up", data[:cut], frozenset({0}), None, ends=True, reads=False)


def _framing(posts: Posts) -> Hostile:
    """Two hosts, a transfer coding that is not undone, and bytes that are not HTTP."""
    body = posts.body()
    good = posts.signed(body)
    data = posts.rnd.choice(
        (
            good.replace(b"host: t\r\n", b"host: t\r\nhost: u\r\n"),
            good.replace(b"host: t\r\n", b""),
            _chunked(good, b"", b"transfer-encoding: gzip, chunked\r\n"),
            _chunked(good, b"", b"transfer-encoding: gzip\r\ntransfer-encoding: chunked\r\n"),
            good.replace(b"host: t\r\n", b"host: t\r\nconnection: upgrade\r\nupgrade: h2c\r\n"),
            b"\x16\x03\x01\x02\x00" + body,
            body + b"\r\n\r\n",
        )
    )
    return Hostile("framing", data, frozenset({400}), None, ends=True)


def _twice_compressed(posts: Posts) -> Hostile:
    """Two content codings, of which one would be undone."""
    raw = bytes(cramjam.gzip.compress(posts.body()))
    data = posts.signed(raw, **{"content-encoding": "gzip"})
    twice = data.replace(b"content-encoding: gzip\r\n", b"content-encoding: gzip\r\n" * 2, 1)
    return refused("two codings", twice, 415)


def _token(posts: Posts) -> Hostile:
    """JSON Web Tokens: without an end, ended, of other keys and algorithms; and one with a number as its subject, which is good."""
    body, now = posts.body(), time.time()
    good: dict[str, Any] = {"exp": now + 600, "sub": posts.rnd.getrandbits(30)}
    claims, secret, algorithm, status = posts.rnd.choice(
        (
            (good, SECRET, "HS256", 204),
            ({"sub": "x"}, SECRET, "HS256", 401),
            (good | {"exp": now - 600}, SECRET, "HS256", 401),
            (good | {"exp": "soon"}, SECRET, "HS256", 401),
            (good | {"payload_hash": "0" * 64}, SECRET, "HS256", 401),
            (good, "another", "HS256", 401),
            (good, SECRET, "HS512", 401),
            (good, "", "none", 401),
        )
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", jwt.warnings.InsecureKeyLengthWarning)
        token = jwt.encode(claims, secret, algorithm=algorithm)
    data = posts.request("jwt", body, {"authorization": f"Bearer {token}", "content-type": "application/json"})
    return taken("token", data, body, PROVIDERS["waha"].answer) if status == 204 else refused("token", data, status)


def _spoofed(posts: Posts) -> Hostile:
    """Headers by which a proxy would say who calls, from somebody who is none."""
    source, headers = posts.rnd.choice(
        (
            ("net", {"x-forwarded-for": "10.0.0.1", "forwarded": "for=10.0.0.1", "x-real-ip": "10.0.0.1"}),
            ("cert", {"x-client-cert": "genuine"}),
        )
    )
    return refused("spoofed", posts.request(source, posts.body(), {"content-type": "application/json"} | headers), 401)


def _guessed(posts: Posts) -> Hostile:
    """A guess at the token by which Meta verifies a URL."""
    guess = posts.rnd.getrandbits(60)
    query = f"?hub.mode=subscribe&hub.challenge=1&hub.verify_token={guess}"
    data = f"GET /v1/webhooks/{posts.name}-timed{query} HTTP/1.1\r\nhost: t\r\n\r\n"
    return refused("guessed", data.encode(), 403)


def _credential(posts: Posts) -> Hostile:
    """A credential in a body, written in some way: it is stored without it, and nothing else is changed."""
    mark = "[redacted]"
    name = "".join(letter.upper() if posts.rnd.random() < 0.3 else letter for letter in "apikey")
    value = posts.rnd.choice(("s3cret", 'with " and \\', 12345, ["s3cret"], {"v": "}s3cret"}))
    document: dict[str, Any] = {"event": "made.up", "n": posts.rnd.getrandbits(60), name: value}
    before, after = json.dumps(document), json.dumps(document | {name: mark})
    if posts.rnd.random() < 0.5:
        before, after = (json.dumps({"event": "made.up", "text": text}) for text in (before, after))
    elif posts.rnd.random() < 0.5:
        before, after = (text.replace(f'"{name}"', f'"\\u00{ord(name[0]):02x}{name[1:]}"') for text in (before, after))
    elif posts.rnd.random() < 0.5:
        before, after = ("\ufeff" + text for text in (before, after))
    body = before.encode()
    headers = signature_of(body) | {"content-type": "application/json"}
    return taken("credential", posts.request("redacted", body, headers), after.encode(), PROVIDERS["evolution"].answer)


def _many_parts(posts: Posts) -> Hostile:
    """Bodies that become many events, of as many shapes, or much larger ones (medium: stalls)."""
    number = posts.rnd.getrandbits(40)
    body = posts.rnd.choice(
        (
            lambda: orjson.dumps([{**orjson.loads(event_body(number + i)), f"k{number + i}": 1} for i in range(1_500)]),
            lambda: orjson.dumps(
                {
                    "events": [{"event": "read", "message": {"id": str(number + i)}} for i in range(5_000)],
                    "pad": "x" * 4_000,
                }
            ),
            lambda: b'{"events":[%b{}],"n":%d}' % (b"{}," * 100_000, number),
        )
    )()
    raw = bytes(cramjam.gzip.compress(body))
    return taken("many parts", posts.signed(raw, **{"content-encoding": "gzip"}), body, 204)


OF_THE_EDGE: Final[tuple[tuple[float, Callable[[Posts], Hostile]], ...]] = (
    (4, _trailers),
    (1, _pipelined),
    (3, _garbage_behind),
    (3, _hang_up),
    (4, _framing),
    (2, _twice_compressed),
    (4, _token),
    (2, _spoofed),
    (2, _guessed),
    (4, _credential),
    (0.1, _many_parts),
)
"""How often each comes, and what makes it."""

"""The relay's pure parts: which addresses, which requests, which pauses, and what may be committed."""

import asyncio
import ipaddress

import httpcore
import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.raw.courier import again_s
from relay.raw.progress import Progress
from relay.raw.target import Target, request_of, targets_of
from relay.retry import Result, pause_s, result_of
from relay.settings import Settings, from_environ
from runtime.vetted_network import Forbidden, VettedNetwork
from runtime.vetting import Address, may_post_to
from schemas.authentication import authentication_of, secret_header_of
from schemas.errors import ConfigurationError
from schemas.relay_header import Relayed, read_relay_header, relay_header
from schemas.sources import parse_sources

INTERNAL = [
    "127.0.0.1",
    "127.8.8.8",
    "0.0.0.0",  # noqa: S104 - not bound to
    "10.0.0.1",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "192.0.0.1",
    "198.18.0.1",
    "224.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "fe80::1",
    "fc00::1",
    "fd00:ec2::254",
    "ff02::1",
    "::ffff:127.0.0.1",
    "::ffff:169.254.169.254",
    "::ffff:10.0.0.1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b::7f00:1",
    "2002:7f00:1::",
    "2002:a9fe:a9fe::1",
    "2001:0:7f00:1::",
    "2001:db8::1",
    "fec0::1",
    "feff::1",
]


@pytest.mark.parametrize("text", INTERNAL)
def test_internal_addresses_are_refused_in_every_disguise(text: str) -> None:
    """Loopback, private, link-local, metadata and reserved addresses are refused, wrapped in IPv6 or not."""
    assert not may_post_to(ipaddress.ip_address(text), ())


@pytest.mark.parametrize("text", ["8.8.8.8", "93.184.215.14", "2606:4700::1111"])
def test_public_addresses_are_taken(text: str) -> None:
    """A public address may be posted to."""
    assert may_post_to(ipaddress.ip_address(text), ())


def test_a_network_can_be_allowed_and_no_other() -> None:
    """What the operator allows is allowed, and nothing beside it."""
    allowed = (ipaddress.ip_network("10.1.0.0/16"),)
    assert may_post_to(ipaddress.ip_address("10.1.2.3"), allowed)
    assert not may_post_to(ipaddress.ip_address("10.2.0.1"), allowed)
    assert not may_post_to(ipaddress.ip_address("::ffff:10.2.0.1"), allowed)


async def test_a_name_with_one_internal_address_is_refused() -> None:
    """Every answer of a resolver counts: a name that also leads inside is not connected to at all."""

    async def resolve(_host: str, _port: int) -> list[Address]:
        return [ipaddress.ip_address("8.8.8.8"), ipaddress.ip_address("169.254.169.254")]

    with pytest.raises(Forbidden, match=r"169\.254\.169\.254"):
        await VettedNetwork((), resolve).connect_tcp("rebound.example.com", 443)


async def test_what_was_vetted_is_what_is_connected_to() -> None:
    """A name is resolved once a connection and its address pinned: a name that leads elsewhere a moment later gains
    nothing, and is vetted again, and refused, at the next connection.
    """
    asked: list[str] = []

    async def greet(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    async def resolve(host: str, _port: int) -> list[Address]:
        asked.append(host)
        return [ipaddress.ip_address("127.0.0.1" if len(asked) == 1 else "169.254.169.254")]

    server = await asyncio.start_server(greet, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        network = VettedNetwork((ipaddress.ip_network("127.0.0.0/8"),), resolve)
        stream = await network.connect_tcp("rebound.example.com", port)
        assert stream.get_extra_info("server_addr")[:2] == ("127.0.0.1", port)
        await stream.aclose()
        assert asked == ["rebound.example.com"]
        with pytest.raises(Forbidden, match=r"169\.254\.169\.254"):
            await network.connect_tcp("rebound.example.com", port)


async def test_the_next_address_is_tried_where_one_does_not_answer() -> None:
    """A name with an address that refuses is reached by its other one."""

    async def greet(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    async def resolve(_host: str, _port: int) -> list[Address]:
        return [ipaddress.ip_address("127.0.0.2"), ipaddress.ip_address("127.0.0.1")]

    server = await asyncio.start_server(greet, "127.0.0.1", 0)
    async with server:
        network = VettedNetwork((ipaddress.ip_network("127.0.0.0/8"),), resolve)
        stream = await network.connect_tcp("two.example.com", server.sockets[0].getsockname()[1], 5.0)
        assert stream.get_extra_info("server_addr")[0] == "127.0.0.1"
        await stream.aclose()


async def test_a_name_without_an_address_is_an_error_to_retry() -> None:
    """A name that cannot be resolved now may be resolved later."""

    async def resolve(_host: str, _port: int) -> list[Address]:
        raise OSError("no such name")

    with pytest.raises(httpcore.ConnectError):
        await VettedNetwork((), resolve).connect_tcp("gone.example.com", 443)


def test_a_webhook_goes_on_with_its_own_headers_and_query() -> None:
    """Query and headers are the request's own; one header of ours distinguishes repeats."""
    header = relay_header([(b"x-hub-signature-256", b"sha256=00"), (b"host", b"ours")], b"hop=1", "")
    url, headers = request_of(Target("meta", "https://crm.example.com/in?k=v"), read_relay_header(header), "r1")
    assert url == "https://crm.example.com/in?k=v&hop=1"
    assert headers == [(b"x-hub-signature-256", b"sha256=00"), (b"Recibo-Request-Id", b"r1")]
    assert (
        request_of(Target("s", "https://crm.example.com/in"), Relayed([], ""), "r")[0] == "https://crm.example.com/in"
    )


def test_each_url_remembers_by_itself_how_far_it_has_come() -> None:
    """Two URLs of one source, and one URL of two sources, have groups of their own."""
    text = "".join(
        f'[sources.{name}]\nprovider = "waha"\nauth = "none"\nrelay = ["https://a.example.com/", "https://b.example.com/"]\n'
        for name in ("x", "y")
    )
    targets = targets_of(parse_sources(text, {}))
    assert len({target.group for target in targets}) == len(targets) == 4


@pytest.mark.parametrize(
    "url",
    [
        *("ftp://a.example.com/", "https://user@a.example.com/", "a.example.com", "https://a.example.com/#x"),
        *(
            "http://[/x",
            "http://[::1/x",
            "http://exämple.com/",
            "http://a.example.com:99999/",
            "http://a.example.com:abc/",
        ),
    ],
)
def test_a_url_that_cannot_be_posted_to_is_refused_where_it_is_written(url: str) -> None:
    """A relay URL that is none is an error of the configuration, naming the key."""
    with pytest.raises(ConfigurationError, match="relay"):
        parse_sources(f'[sources.x]\nprovider = "waha"\nauth = "none"\nrelay = ["{url}"]\n', {})


@pytest.mark.parametrize(
    ("status", "result"),
    [
        *((status, Result.TAKEN) for status in (200, 202, 204)),
        *((status, Result.REFUSED) for status in (302, 400, 401, 404, 410)),
        *((status, Result.FAILED) for status in (408, 425, 429, 500, 503)),
    ],
)
def test_a_status_says_whether_to_try_again(status: int, result: Result) -> None:
    """2xx is taken; 5xx, 408, 425 and 429 say later; anything else, a redirect too, is a refusal."""
    assert result_of(status) is result


def test_pauses_grow_to_a_limit_and_respect_what_is_asked() -> None:
    """A pause doubles up to its limit, never less than half of that; Retry-After makes it longer."""
    settings = Settings(backoff_ms_min=100, backoff_ms_max=10_000)
    assert [pause_s(1, "", settings, chance) for chance in (0.0, 1.0)] == [0.05, 0.1]
    assert [pause_s(50, "", settings, chance) for chance in (0.0, 1.0)] == [5, 10]
    assert pause_s(1, "30", settings, 0.5) == 30
    assert pause_s(1, "Wed, 21 Oct 2026 07:28:00 GMT", settings, 1.0) == 0.1


@given(st.lists(st.tuples(st.sampled_from("bre"), st.integers(0, 2)), max_size=60))
def test_a_commit_never_passes_what_is_not_taken(steps: list[tuple[str, int]]) -> None:
    """Whatever order webhooks are read and taken in, a crash after any step reads each open one again."""
    progress = Progress({0: 10, 1: 20, 2: 30})
    next_offset = {0: 10, 1: 20, 2: 30}
    open_ones: list[tuple[int, int]] = []
    for step, partition in steps:
        if step == "e":
            if open_ones:
                progress.end(open_ones.pop(partition % len(open_ones)))
            continue
        where = (partition, next_offset[partition])
        next_offset[partition] += 1
        if step == "b":
            progress.begin(where, 7)
            open_ones.append(where)
        progress.read(where)
        safe = progress.safe()
        assert all(safe[number] <= offset for number, offset in open_ones)
        assert progress.positions() == next_offset
    assert (progress.waiting, progress.waiting_bytes) == (len(open_ones), 7 * len(open_ones))
    if not open_ones:
        assert progress.safe() == next_offset


def test_settings_say_which_variable_is_wrong() -> None:
    """A network that is none is refused by the name of its variable; nothing internal is allowed unless said."""
    assert from_environ({}).allowed_networks == ()
    assert len(from_environ({"RECIBO_RELAY_ALLOWED_NETWORKS": "10.0.0.0/8, fd00::/8"}).allowed_networks) == 2
    with pytest.raises(ConfigurationError, match="RECIBO_RELAY_ALLOWED_NETWORKS"):
        from_environ({"RECIBO_RELAY_ALLOWED_NETWORKS": "inside"})


def test_a_courier_that_fails_again_and_again_waits_ever_longer() -> None:
    """After each failure in a row the pause doubles, up to five minutes."""
    assert [again_s(n) for n in (1, 2, 3, 4, 5, 6, 7, 8, 100)] == [5, 10, 20, 40, 80, 160, 300, 300, 300]


@pytest.mark.parametrize(
    ("url", "query", "posted"),
    [
        ("https://a.example/x?token=good", "token=evil&id=1", "https://a.example/x?token=good&id=1"),
        ("https://a.example/x?token=good", "TOKEN=evil", "https://a.example/x?token=good"),
        ("https://a.example/x?token=good", "%74oken=evil;tok%65n[]=evil", "https://a.example/x?token=good"),
        ("https://a.example/x?token=good", "id=%31&&q=a+b", "https://a.example/x?token=good&id=%31&q=a+b"),
        ("https://a.example/x", "token=theirs", "https://a.example/x?token=theirs"),
        ("https://a.example/x", "", "https://a.example/x"),
    ],
)
def test_a_sender_cannot_say_otherwise_what_the_target_says(url: str, query: str, posted: str) -> None:
    """What a target's own query names stays as the operator wrote it, however the sender spells the name."""
    assert request_of(Target("s", url), Relayed([], query), "r")[0] == posted


def test_what_is_of_one_connection_or_ours_is_not_passed_on() -> None:
    """Headers that `Connection` names, a token in a header of its own, and a forged request id stay here."""
    headers = [
        (b"connection", b"close, X-Hop"),
        (b"x-hop", b"1"),
        (b"x-token", b"eyJ"),
        (b"recibo-request-id", b"forged"),
        (b"x-signature", b"kept"),
    ]
    auth = authentication_of({"kind": "jwt", "header": "X-Token", "secrets": [{"env": "E"}]})
    relayed = read_relay_header(relay_header(headers, b"", secret_header_of(auth)))
    assert relayed.headers == [("x-signature", "kept")]
    forged = Relayed([("recibo-request-id", "forged")], "")
    assert request_of(Target("s", "https://a.example"), forged, "r")[1] == [(b"Recibo-Request-Id", b"r")]

"""Who must leave where there is no room for one more."""

from ipaddress import ip_network

import pytest

from ingest.http.caller_address import network_of
from ingest.http.crowd import Crowd, Guest


def guest() -> Guest:
    return Guest(lambda: None)


def crowd(*, everybody: int = 10, of_address: int = 10, exempt: str = "") -> Crowd:
    networks = (ip_network(exempt),) if exempt else ()
    return Crowd(guests_max=everybody, guests_of_address_max=of_address, exempt=networks)


def served(here: Crowd, address: str, *, proves: bool = True) -> Guest:
    """Return a guest who has been served and waits."""
    one = guest()
    here.enter(one, address)
    one.serve(proves=proves)
    here.answered(one)
    return one


def test_there_is_room() -> None:
    """Nobody leaves while there are places, and who left gives his back, once."""
    here, one = crowd(everybody=1), guest()
    assert here.enter(one, "192.0.2.1") is None
    here.leave(one)
    here.leave(one)
    assert len(here) == 0
    assert here.enter(guest(), "192.0.2.1") is None


def test_strangers_leave_first_then_the_idle_and_the_busy_never() -> None:
    """The oldest stranger leaves before who has proved himself and is idle; where all are busy, the newcomer."""
    here = crowd(everybody=3)
    idle, busy, stranger = served(here, "192.0.2.1"), guest(), guest()
    here.enter(busy, "192.0.2.2")
    busy.serve(proves=True)
    here.enter(stranger, "192.0.2.3")
    second = guest()
    assert here.enter(second, "192.0.2.4") is stranger
    second.serve(proves=True)
    third = guest()
    assert here.enter(third, "192.0.2.5") is idle
    third.serve(proves=False)
    fourth = guest()
    assert here.enter(fourth, "192.0.2.6") is fourth
    assert len(here) == 3


def test_a_request_that_arrives_is_not_interrupted() -> None:
    """Who has proved himself before makes no room while his next request arrives; who has not, does."""
    here = crowd(everybody=2)
    known, unknown = served(here, "192.0.2.1"), served(here, "192.0.2.2", proves=False)
    known.arrive()
    unknown.arrive()
    assert here.enter(guest(), "192.0.2.3") is unknown


def test_who_is_answered_without_proof_goes_to_the_end() -> None:
    """Where anybody may post, who has just been answered leaves after those who only wait."""
    here = crowd(everybody=2)
    first, second = guest(), guest()
    here.enter(first, "192.0.2.1")
    here.enter(second, "192.0.2.2")
    first.serve(proves=False)
    here.answered(first)
    assert here.enter(guest(), "192.0.2.3") is second


def test_an_address_has_its_share() -> None:
    """An address over its share displaces its own; others stay, and proxies have no share."""
    here = crowd(everybody=100, of_address=2, exempt="10.0.0.0/8")
    other, first = guest(), guest()
    here.enter(other, "192.0.2.9")
    here.enter(first, "192.0.2.1")
    here.enter(guest(), "192.0.2.1")
    assert here.enter(guest(), "192.0.2.1") is first
    assert [here.enter(guest(), "10.1.2.3") for _ in range(10)] == [None] * 10
    assert len(here) == 13


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::1", "2001:db8:1:2::/64"),
        ("", ""),
        ("unknown", "unknown"),
    ],
)
def test_whose_share_it_is(address: str, network: str) -> None:
    """IPv6 counts by its first 64 bits: the others are the caller's choice."""
    assert network_of(address) == network

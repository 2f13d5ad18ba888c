"""Who is connected, how many of one address, and who leaves where there is no room for one more. Pure: no sockets, no clock.

An accepted socket is a guest from its first byte, before TLS, until it is closed. One stranger must never keep the others
out, so that an address has a share of its own, and whoever has proved nothing makes room first, the oldest before all:
genuine requests are proved within milliseconds of their arrival.
"""

from collections import OrderedDict
from collections.abc import Callable
from enum import IntEnum
from typing import Final

from ingest.http.caller_address import is_trusted, network_of
from runtime.vetting import Network

_CROWDED_FROM: Final = 0.75
"""Part of the places taken from which idle times are short."""


class Standing(IntEnum):
    """What a guest is at, in the order in which they make room."""

    STRANGER = 0
    """Nothing of it is authenticated that is not answered already, or nothing ever was."""
    IDLE = 1
    """It has proved who it is before, and waits between two requests."""
    BUSY = 2
    """An authenticated request of it is being stored, or the next one of a guest who has proved itself arrives."""


class Guest:
    """One accepted socket."""

    __slots__ = ("close", "has_proved", "network", "standing")

    def __init__(self, close: Callable[[], None]) -> None:
        """Begin as a stranger.

        Args:
            close: closes the socket; called where it must make room.
        """
        self.close = close
        self.network = ""
        """Whose share it counts in; "" for none."""
        self.standing = Standing.STRANGER
        self.has_proved = False

    def serve(self, *, proves: bool) -> None:
        """Note that its request is authenticated: what it sent is stored now, and it makes no room.

        Args:
            proves: whether that says who it is; not so where anybody may post.
        """
        self.standing = Standing.BUSY
        self.has_proved |= proves

    def arrive(self) -> None:
        """Note that something of its next request is here."""
        if self.has_proved:
            self.standing = Standing.BUSY

    def rest(self) -> None:
        """Note that everything is answered."""
        self.standing = Standing.IDLE if self.has_proved else Standing.STRANGER


class Crowd:
    """All guests of this process."""

    def __init__(self, *, guests_max: int, guests_of_address_max: int, exempt: tuple[Network, ...]) -> None:
        """Begin empty.

        Args:
            guests_max: of all addresses.
            guests_of_address_max: of one IPv4 address, or one IPv6 network of 64 bits.
            exempt: networks without a share of their own: proxies, which come for many.
        """
        self._guests_max = guests_max
        self._of_address_max = guests_of_address_max
        self._exempt = exempt
        self._guests: OrderedDict[Guest, None] = OrderedDict()
        self._by_network: dict[str, OrderedDict[Guest, None]] = {}

    def __len__(self) -> int:
        return len(self._guests)

    @property
    def is_crowded(self) -> bool:
        """Whether so many are here that nobody may take his time."""
        return len(self._guests) > self._guests_max * _CROWDED_FROM

    def enter(self, guest: Guest, address: str) -> Guest | None:
        """Count a guest in, and return who must be closed for that: another, the guest itself where all others are busy,
        or nobody. Whoever is returned counts no more.
        """
        leaving: Guest | None = None
        if not is_trusted(address, self._exempt):
            guest.network = network_of(address)
            own = self._by_network.setdefault(guest.network, OrderedDict())
            if len(own) >= self._of_address_max:
                leaving = _first_to_leave(own) or guest
            own[guest] = None
        if leaving is None and len(self._guests) >= self._guests_max:
            leaving = _first_to_leave(self._guests) or guest
        self._guests[guest] = None
        if leaving is not None:
            self.leave(leaving)
        return leaving

    def leave(self, guest: Guest) -> None:
        """Count a guest out; a second time is no error."""
        if self._guests.pop(guest, guest) is guest:
            return
        own = self._by_network.get(guest.network)
        if own is not None:
            own.pop(guest, None)
            if not own:
                del self._by_network[guest.network]

    def answered(self, guest: Guest) -> None:
        """Note that a guest has its answer. One that proved nothing by it begins anew: others are waited for longer."""
        guest.rest()
        if not guest.has_proved and guest in self._guests:
            self._guests.move_to_end(guest)
            if guest.network:
                self._by_network[guest.network].move_to_end(guest)


def _first_to_leave(guests: OrderedDict[Guest, None]) -> Guest | None:
    """Return the oldest stranger, else the oldest who is idle; None where all are busy."""
    idle = None
    for guest in guests:
        if guest.standing is Standing.STRANGER:
            return guest
        if idle is None and guest.standing is Standing.IDLE:
            idle = guest
    return idle

"""Who called, seen through the proxies that are trusted, and no others. Pure."""

from collections.abc import Sequence
from functools import lru_cache
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Final

from runtime.vetting import Network

_IPV6_BITS: Final = 64
"""Of an IPv6 address, those that name who has it: a caller chooses the others freely."""


@lru_cache(maxsize=4096)
def is_trusted(address: str, proxies: tuple[Network, ...]) -> bool:
    """Tell whether an address is one of the trusted proxies."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return False
    return any(parsed in network for network in proxies)


@lru_cache(maxsize=4096)
def network_of(address: str) -> str:
    """Return what limits of an address count by: an IPv4 address itself, of IPv6 the first 64 bits; no address as it is."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if not isinstance(parsed, IPv6Address):
        return str(parsed)
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(ip_network((int(parsed), _IPV6_BITS), strict=False))


def caller_address(peer: str, forwarded_for: str, proxies: tuple[Network, ...]) -> str:
    """Return the nearest address that is no trusted proxy.

    Args:
        peer: the address of the connection.
        forwarded_for: X-Forwarded-For: each proxy adds whom it heard from, at the end.
        proxies: networks of the trusted ones.
    """
    if not proxies or not is_trusted(peer, proxies):
        return peer
    hops: Sequence[str] = [hop.strip() for hop in forwarded_for.split(",") if hop.strip()]
    for hop in reversed(hops):
        try:
            ip_address(hop)
        except ValueError:
            return peer
        if not is_trusted(hop, proxies):
            return hop
        peer = hop
    return peer

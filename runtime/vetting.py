"""Which addresses may be posted to: public ones, and those of networks that the operator has allowed. Pure.

An address inside another one (IPv4 in IPv6, NAT64, 6to4, Teredo) is judged by the inner one as well: each of these
forms has been used to reach a metadata service past a filter that looked at the outer form only.
"""

import ipaddress
from collections.abc import Iterator, Sequence
from typing import Final

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_NAT64: Final = (ipaddress.IPv6Network("64:ff9b::/96"), ipaddress.IPv6Network("64:ff9b:1::/48"))
_LOW_32_BITS: Final = 0xFFFF_FFFF


def may_post_to(address: Address, allowed: Sequence[Network]) -> bool:
    """Tell whether a webhook may be posted to an address.

    Args:
        address: where the connection would go.
        allowed: networks that the operator has allowed, though they are internal.
    """
    if any(address in network for network in allowed if network.version == address.version):
        return True
    return all(_is_public(one) for one in (address, *_inside(address)))


def _is_public(address: Address) -> bool:
    if isinstance(address, ipaddress.IPv6Address) and address.is_site_local:
        return False  # fec0::/10, which RFC 3879 took out of use, and which networks have all the same
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_unspecified)


def _inside(address: Address) -> Iterator[Address]:
    """Return the IPv4 addresses that an IPv6 address stands for."""
    if not isinstance(address, ipaddress.IPv6Address):
        return
    if address.ipv4_mapped is not None:
        yield address.ipv4_mapped
    if address.sixtofour is not None:
        yield address.sixtofour
    if address.teredo is not None:
        yield from address.teredo
    if any(address in network for network in _NAT64):
        yield ipaddress.IPv4Address(int(address) & _LOW_32_BITS)

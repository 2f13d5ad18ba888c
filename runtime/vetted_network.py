"""Connections that go to a vetted address only: a name is resolved, every answer vetted, and the address pinned.

What was vetted is what is connected to, so a name that changes its address in between gains nothing; the certificate
is still checked against the name.
"""

import asyncio
import ipaddress
import socket
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any, Final

import httpcore

from runtime.vetting import Address, Network, may_post_to

Resolve = Callable[[str, int], Awaitable[Sequence[Address]]]

_ADDRESSES_MAX: Final = 8


class Forbidden(Exception):
    """A name leads to an address that must not be posted to."""


async def resolve(host: str, port: int) -> list[Address]:
    """Return the addresses of a name. Raises OSError where it has none."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [ipaddress.ip_address(str(entry[4][0]).partition("%")[0]) for entry in found][:_ADDRESSES_MAX]


class VettedNetwork(httpcore.AsyncNetworkBackend):
    """httpcore's way to the network, through `may_post_to`."""

    def __init__(self, allowed: Sequence[Network], resolve_name: Resolve = resolve) -> None:
        self._allowed = allowed
        self._resolve = resolve_name
        self._network = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore's own signature
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Connect to the first of a name's addresses that answers, if all of them may be posted to.

        Raises:
            Forbidden: one of them may not.
            httpcore.ConnectError: the name has no address, or none answers.
            httpcore.ConnectTimeout: the last of them did not answer in time.
        """
        try:
            addresses = await asyncio.wait_for(self._resolve(host, port), timeout)
        except (OSError, TimeoutError) as error:
            raise httpcore.ConnectError(f"{host} cannot be resolved: {error}") from error
        for address in addresses:
            if not may_post_to(address, self._allowed):
                raise Forbidden(
                    f"{host} is {address}, an internal address: allow its network with RECIBO_RELAY_ALLOWED_NETWORKS"
                )
        refusal: Exception = httpcore.ConnectError(f"{host} has no address")
        for address in addresses:
            try:
                return await self._network.connect_tcp(str(address), port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                refusal = error
        raise refusal

    async def sleep(self, seconds: float) -> None:
        """Wait, for httpcore's own retries."""
        await asyncio.sleep(seconds)

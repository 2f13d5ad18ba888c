"""TCP ports: listening on one; of 127.0.0.1, which are free, and what to say when one is not."""

import random
import socket

from schemas.errors import DeploymentError

HOST = "127.0.0.1"
_CONNECT_S = 0.5
_BACKLOG = 2048
_FREE_PORTS = range(15_000, 32_768)
"""Below those that kernels give to outgoing connections: one of these stays free until its server starts."""


def listen(host: str, port: int) -> socket.socket:
    """Return a listening socket. Raises OSError: the port is taken, or not ours to take."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.create_server((host, port), family=family, backlog=_BACKLOG)


def free_port() -> int:
    """Return a port that nobody uses now, and that no connection will take before its server listens on it.

    Raises:
        DeploymentError: every port of the range is in use.
    """
    for port in random.sample(_FREE_PORTS, len(_FREE_PORTS)):
        with socket.socket() as probe:
            try:
                probe.bind((HOST, port))
            except OSError:
                continue
        return port
    raise DeploymentError(f"no port from {_FREE_PORTS.start} to {_FREE_PORTS.stop - 1} is free: stop what uses them")


def chosen_port(port: int, purpose: str, option: str) -> int:
    """Return `port`, or a free one for 0.

    Raises:
        DeploymentError: somebody listens on it already.
    """
    if port == 0:
        return free_port()
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            raise DeploymentError(
                f"port {port}, wanted for {purpose}, cannot be used ({error.strerror}): "
                f"stop what listens on it, or choose another with {option} (0 picks a free one)"
            ) from error
    return port


def accepts_connections(port: int) -> bool:
    """Return whether something listens on the port."""
    try:
        with socket.create_connection((HOST, port), timeout=_CONNECT_S):
            return True
    except OSError:
        return False

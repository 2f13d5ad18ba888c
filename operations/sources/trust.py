"""Whom a test event trusts to be ingest: an authority, or the one certificate that ingest itself shows on this machine."""

import ssl
from pathlib import Path

from runtime.tls import client_context


def trusting(ca_file: Path | None, *, is_this_machine: bool = False) -> ssl.SSLContext:
    """Return a context that trusts the certificates of a file; None: the system's.

    Args:
        ca_file: PEM certificates.
        is_this_machine: the file is ingest's own, which is asked at 127.0.0.1: its certificate names another host, and may
            be of an authority that is not here.

    Raises:
        ConfigurationError: the file cannot be used.
    """
    context = client_context("--ca-file: ", ca_file, None, None, check_hostname=not is_this_machine)
    if is_this_machine:
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    return context

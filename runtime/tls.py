"""TLS contexts of clients and servers, by the files that the settings name."""

import ssl
from pathlib import Path

from schemas.errors import ConfigurationError


def client_context(
    prefix: str, ca_file: Path | None, cert_file: Path | None, key_file: Path | None, *, check_hostname: bool = True
) -> ssl.SSLContext:
    """Return a context that verifies servers, and proves by a certificate who the client is where there is one.

    Args:
        prefix: of the variables that name the files, e.g. `KAFKA_SSL_`, for error messages.
        ca_file: PEM certificates to trust; None: the system's.
        cert_file: PEM certificate chain of the client.
        key_file: PEM private key of it.
        check_hostname: whether a server's certificate must name the host that was asked.

    Raises:
        ConfigurationError: a file cannot be used; the message names the variable.
    """
    try:
        context = ssl.create_default_context(cafile=ca_file)
    except OSError as error:  # ssl.SSLError is one
        raise ConfigurationError(f"{prefix}CA_FILE={ca_file} cannot be used: {error}") from error
    context.check_hostname = check_hostname
    if cert_file is not None:
        try:
            context.load_cert_chain(cert_file, key_file)
        except OSError as error:
            raise ConfigurationError(
                f"{prefix}CERT_FILE={cert_file} and {prefix}KEY_FILE={key_file} cannot be used: {error}"
            ) from error
    return context


def server_context(prefix: str, cert_file: str, key_file: str) -> ssl.SSLContext:
    """Return the context of a server, TLS 1.2 or later.

    Args:
        prefix: of the variables that name the files, e.g. `RECIBO_INGEST_TLS_`, for error messages.
        cert_file: PEM certificate chain.
        key_file: PEM private key of it.

    Raises:
        ConfigurationError: a file cannot be used; the message names the variables.
    """
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    try:
        context.load_cert_chain(cert_file, key_file)
    except OSError as error:
        raise ConfigurationError(
            f"{prefix}CERT_FILE={cert_file} and {prefix}KEY_FILE={key_file} cannot be used: {error}"
        ) from error
    return context

"""ClickHouse over HTTPS: the engine is believed by its certificate, and asks for ours."""

import asyncio
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from clickhouse_connect.driver.exceptions import ClickHouseError

from runtime.clickhouse.client import connect
from runtime.clickhouse.settings import ClickHouseSettings
from tests.support.certificates import Authority


@contextmanager
def tls_in_front_of(url: str, context: ssl.SSLContext) -> Iterator[int]:
    """Take TLS connections on a port of its own and hand them on to an engine that speaks HTTP; yields the port."""
    loop = asyncio.new_event_loop()
    where = urlsplit(url)

    async def pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
        writer.close()

    async def hand_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        theirs = await asyncio.open_connection(where.hostname, where.port)
        await asyncio.gather(pipe(reader, theirs[1]), pipe(theirs[0], writer), return_exceptions=True)

    server = loop.run_until_complete(asyncio.start_server(hand_on, "127.0.0.1", 0, ssl=context))
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        server.close()
        for task in asyncio.all_tasks(loop):
            task.cancel()
        loop.run_until_complete(asyncio.sleep(0))
        loop.close()


def test_certificates_of_both_sides(clickhouse_url: str, tmp_path: Path) -> None:
    """With the engine's authority, a certificate of our own and the password a query is answered; without either certificate it is not."""
    authority = Authority(tmp_path)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=authority.ca_file)
    context.load_cert_chain(*authority.issue("engine"))
    context.verify_mode = ssl.CERT_REQUIRED
    cert_file, key_file = authority.issue("recibo")
    user = urlsplit(clickhouse_url)
    with tls_in_front_of(clickhouse_url, context) as port:
        known = ClickHouseSettings(
            f"https://127.0.0.1:{port}",
            username=user.username or "default",
            password=user.password or "",
            ca_file=authority.ca_file,
            cert_file=cert_file,
            key_file=key_file,
        )
        with connect(known) as client:
            assert client.command("SELECT 41 + 1") == 42
        for stranger in (
            replace(known, ca_file=None),
            replace(known, cert_file=None, key_file=None),
        ):
            with pytest.raises(ClickHouseError):
                connect(stranger)

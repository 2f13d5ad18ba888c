"""One stranger at 100 KB/s keeps nobody out: genuine posts from another address are answered meanwhile, and soon."""

import asyncio
import ssl
import sys
from collections.abc import Iterator

import pytest

from tests.integration.ingest.strangers import GROWTH_BYTES_MAX, KINDS, SHARE_MIN, SOURCE, while_attacked
from tests.support.certificates import Authority
from tests.support.running_ingest import SIGNED_SOURCE, RunningIngest, ingest_at

SECONDS = 5.0
P99_MS_AMONG_OTHERS_MAX = 1_000
"""Alone on a machine it is a fourth of that (`make hostile`); among other tests there is little of a processor."""


@pytest.fixture(scope="module")
def plain(broker: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningIngest]:
    """An ingest with the limits that it has by default."""
    with ingest_at(broker, tmp_path_factory.mktemp("plain"), SIGNED_SOURCE.format(name=SOURCE)) as running:
        running.wait_for_kafka()
        yield running


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """Who signs the certificate of 127.0.0.1."""
    return Authority(tmp_path_factory.mktemp("certificate"))


@pytest.fixture(scope="module")
def over_tls(broker: str, tmp_path_factory: pytest.TempPathFactory, authority: Authority) -> Iterator[RunningIngest]:
    """The same over TLS."""
    cert, key = authority.issue("ingest")
    environ = {"RECIBO_INGEST_TLS_CERT_FILE": str(cert), "RECIBO_INGEST_TLS_KEY_FILE": str(key)}
    folder = tmp_path_factory.mktemp("tls")
    with ingest_at(broker, folder, SIGNED_SOURCE.format(name=SOURCE), scheme="https", **environ) as running:
        running.wait_for_kafka()
        yield running


async def check(running: RunningIngest, kind: str, tls: ssl.SSLContext | None) -> None:
    """Attack for some seconds, and see that genuine posts of another address are answered."""
    figures = await while_attacked(running, kind, SECONDS, tls)
    sys.stdout.write(f"{kind}{' before TLS' if tls else ''}: {figures}\n")
    assert figures.share >= SHARE_MIN
    assert figures.p99_ms <= P99_MS_AMONG_OTHERS_MAX
    assert figures.growth_bytes < GROWTH_BYTES_MAX


@pytest.mark.hostile
@pytest.mark.timeout(120)
@pytest.mark.parametrize("kind", KINDS)
async def test_a_stranger_keeps_nobody_out(plain: RunningIngest, kind: str) -> None:
    """Whatever he does with his connections, at least 99 of 100 genuine posts are answered 2xx, and soon."""
    await check(plain, kind, None)


@pytest.mark.hostile
@pytest.mark.timeout(120)
async def test_silent_connections_before_tls_keep_nobody_out(over_tls: RunningIngest, authority: Authority) -> None:
    """Connections that never begin their handshake are counted, closed in time, and keep no genuine post out."""
    await check(over_tls, "silent", ssl.create_default_context(cafile=authority.ca_file))
    assert over_tls.process is not None
    held = [await asyncio.open_connection("127.0.0.1", over_tls.port) for _ in range(20)]
    endings = await asyncio.gather(*(asyncio.wait_for(reader.read(), 10) for reader, _ in held))
    for _, writer in held:
        writer.close()
    assert set(endings) == {b""}
    assert '"error"' not in over_tls.log

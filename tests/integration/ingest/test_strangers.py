"""One stranger at 100 KB/s keeps nobody out: genuine posts from another address are answered meanwhile, and soon."""

import asyncio
import os
import ssl
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.ingest.strangers import KINDS, Stranger
from tests.support.raw_http import resident_bytes
from tests.support.running_ingest import SIGNED_SOURCE, RunningIngest, ingest_at
from tests.support.webhook_posts import Traffic

IS_LONG = int(os.environ.get("RECIBO_HOSTILE_INPUTS", "5000")) > 5_000
SECONDS = 15.0 if IS_LONG else 5.0
P99_MS_MAX = 250 if IS_LONG else 1_000
"""Alone on a machine; among other tests, a fourth of the processor is all that there may be."""
SHARE_MIN = 0.99
GROWTH_BYTES_MAX = 100_000_000
SOURCE = "genuine"


@pytest.fixture(scope="module")
def plain(broker: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningIngest]:
    """An ingest with the limits that it has by default."""
    with ingest_at(broker, tmp_path_factory.mktemp("plain"), SIGNED_SOURCE.format(name=SOURCE)) as running:
        running.wait_for_kafka()
        yield running


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A certificate of 127.0.0.1, and its key."""
    folder = tmp_path_factory.mktemp("certificate")
    cert, key = folder / "cert.pem", folder / "key.pem"
    subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1"]
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", *subject]
    subprocess.run([*command, "-keyout", str(key), "-out", str(cert)], check=True, capture_output=True)
    return cert, key


@pytest.fixture(scope="module")
def over_tls(
    broker: str, tmp_path_factory: pytest.TempPathFactory, certificate: tuple[Path, Path]
) -> Iterator[RunningIngest]:
    """The same over TLS."""
    cert, key = certificate
    environ = {"RECIBO_INGEST_TLS_CERT_FILE": str(cert), "RECIBO_INGEST_TLS_KEY_FILE": str(key)}
    folder = tmp_path_factory.mktemp("tls")
    with ingest_at(broker, folder, SIGNED_SOURCE.format(name=SOURCE), scheme="https", **environ) as running:
        running.wait_for_kafka()
        yield running


async def check(running: RunningIngest, kind: str, tls: ssl.SSLContext | None) -> None:
    """Attack for some seconds, and see that genuine posts of another address are answered."""
    before = resident_bytes(running)
    kept = Traffic(running, SOURCE, connections=3, pause_s=0.02, address="127.0.0.2", tls=tls)
    fresh = Traffic(running, SOURCE, 1, pause_s=0.02, address="127.0.0.2", tls=tls, posts_of_connection_max=1)
    attack = asyncio.create_task(Stranger(running, SOURCE).attack(kind))
    await asyncio.gather(kept.run(SECONDS), fresh.run(SECONDS))
    assert not attack.done(), attack.exception()
    attack.cancel()
    await asyncio.gather(attack, return_exceptions=True)
    posted = kept.posted + fresh.posted
    share = (len(kept.acknowledged) + len(fresh.acknowledged)) / posted
    took_ms = sorted(took_s * 1000 for _, took_s in kept.seconds + fresh.seconds)
    p50_ms, p99_ms = (took_ms[int(len(took_ms) * part)] for part in (0.5, 0.99))
    growth = resident_bytes(running) - before
    sys.stdout.write(
        f"{kind}{' before TLS' if tls else ''}: {posted} genuine posts, {share:.2%} answered 2xx, p50 {p50_ms:.1f} ms, "
        f"p99 {p99_ms:.1f} ms, memory {growth / 1e6:+.0f} MB\n"
    )
    assert share >= SHARE_MIN
    assert p99_ms <= P99_MS_MAX
    assert growth < GROWTH_BYTES_MAX


@pytest.mark.hostile
@pytest.mark.timeout(120)
@pytest.mark.parametrize("kind", KINDS)
async def test_a_stranger_keeps_nobody_out(plain: RunningIngest, kind: str) -> None:
    """Whatever he does with his connections, at least 99 of 100 genuine posts are answered 2xx, and soon."""
    await check(plain, kind, None)


@pytest.mark.hostile
@pytest.mark.timeout(120)
async def test_silent_connections_before_tls_keep_nobody_out(
    over_tls: RunningIngest, certificate: tuple[Path, Path]
) -> None:
    """Connections that never begin their handshake are counted, closed in time, and keep no genuine post out."""
    await check(over_tls, "silent", ssl.create_default_context(cafile=certificate[0]))
    assert over_tls.process is not None
    held = [await asyncio.open_connection("127.0.0.1", over_tls.port) for _ in range(20)]
    endings = await asyncio.gather(*(asyncio.wait_for(reader.read(), 10) for reader, _ in held))
    for _, writer in held:
        writer.close()
    assert set(endings) == {b""}
    assert '"error"' not in over_tls.log

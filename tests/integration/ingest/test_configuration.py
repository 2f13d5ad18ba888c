"""The configuration changes while ingest runs, and several workers share one port."""

import asyncio
import re
import signal
import ssl
import subprocess
import time
from pathlib import Path

import httpx
import pytest

from schemas.topics import RAW
from tests.support.running_ingest import (
    SECRET,
    SIGNED_SOURCE,
    RunningIngest,
    StartIngest,
    event_body,
    records_of,
    signature,
)
from tests.support.webhook_posts import Traffic


async def status_of(running: RunningIngest, source: str) -> int:
    body = event_body(1)
    async with httpx.AsyncClient() as client:
        url = f"{running.url}/v1/webhooks/{source}"
        return (await client.post(url, content=body, headers=signature(body))).status_code


async def eventually_status(running: RunningIngest, source: str, status: int) -> None:
    deadline = time.monotonic() + 10
    while await status_of(running, source) != status:
        assert time.monotonic() < deadline, running.log
        await asyncio.sleep(0.05)


async def test_changed_file_is_taken_without_a_restart(broker: str, start_ingest: StartIngest, fresh_name: str) -> None:
    """A source added to recibo.toml is served moments later; one taken out is 404."""
    running = start_ingest(broker)
    assert await status_of(running, fresh_name) == 204
    removed = f'removed = ["{fresh_name}"]\n'
    running.config_file.write_text(removed + SIGNED_SOURCE.format(name=f"{fresh_name}-new"))
    await eventually_status(running, f"{fresh_name}-new", 204)
    assert await status_of(running, fresh_name) == 404


async def test_a_file_that_lost_its_sources_is_refused(broker: str, start_ingest: StartIngest, fresh_name: str) -> None:
    """A file written in part, or emptied, is valid; what it no longer says is served on, and log, metric and readyz say why."""
    running = start_ingest(broker)
    good = running.config_file.read_text()
    for bad in ("# nothing yet\n", "[sources]\n"):
        before = running.log.count("1 of 1 sources would be gone")
        running.config_file.write_text(bad)
        running.signal(signal.SIGHUP)
        deadline = time.monotonic() + 10
        while running.log.count("1 of 1 sources would be gone") == before:
            assert time.monotonic() < deadline, running.log
            await asyncio.sleep(0.05)
        assert await status_of(running, fresh_name) == 204
    assert "would be gone" in str(running.ready()["configuration"])
    assert 'recibo_ingest_reloads_total{result="refused"}' in running.ask("/metrics").text
    running.config_file.write_text(good + SIGNED_SOURCE.format(name=f"{fresh_name}-more"))
    await eventually_status(running, f"{fresh_name}-more", 204)
    assert running.ready()["configuration"] == "in use"


async def test_bad_file_is_refused_and_the_old_one_stays(
    broker: str, start_ingest: StartIngest, fresh_name: str
) -> None:
    """A file that cannot be used changes nothing; the log says which line, and why. SIGHUP reads it again."""
    running = start_ingest(broker)
    good = running.config_file.read_text()
    running.config_file.write_text(good.replace('kind = "hmac"', 'kind = "hmacc"'))
    running.signal(signal.SIGHUP)
    deadline = time.monotonic() + 10
    while "refused" not in running.log:
        assert time.monotonic() < deadline
        await asyncio.sleep(0.05)
    assert "recibo.toml:6" in running.log
    assert "one of hmac" in running.log
    assert await status_of(running, fresh_name) == 204
    running.config_file.write_text(good + SIGNED_SOURCE.format(name=f"{fresh_name}-more"))
    running.signal(signal.SIGHUP)
    await eventually_status(running, f"{fresh_name}-more", 204)
    assert await status_of(running, fresh_name) == 204


async def test_cannot_start_with_a_bad_configuration(broker: str, start_ingest: StartIngest, fresh_name: str) -> None:
    """Without usable sources ingest ends with code 2 and one line that says what to change."""
    running = start_ingest(broker)
    running.stop()
    for text, said in (("[sources.x]\n", "recibo.toml:1"), (SIGNED_SOURCE.replace("RECIBO_TEST", "NO"), "NO_SECRET")):
        running.config_file.write_text(text.format(name=fresh_name))
        with pytest.raises(AssertionError, match=re.escape(said)):
            running.start()
        assert running.process is not None
        assert running.process.wait() == 2


async def test_secret_of_a_new_source_needs_no_restart(
    broker: str, start_ingest: StartIngest, fresh_name: str, tmp_path: Path
) -> None:
    """A new source and its secret, written into the secrets file, are taken together."""
    secrets_file = tmp_path / "secrets.env"
    secrets_file.write_text("# nothing yet\n")
    running = start_ingest(broker, RECIBO_SECRETS_FILE=str(secrets_file))
    other = SIGNED_SOURCE.format(name=f"{fresh_name}-new").replace("RECIBO_TEST_SECRET", "RECIBO_NEW_SECRET")
    running.config_file.write_text(running.config_file.read_text() + other)
    assert await status_of(running, f"{fresh_name}-new") == 404
    secrets_file.write_text(f"RECIBO_NEW_SECRET={SECRET}\n")
    await eventually_status(running, f"{fresh_name}-new", 204)


async def test_rotation_of_a_secret_refuses_nobody(broker: str, start_ingest: StartIngest, fresh_name: str) -> None:
    """Old and new secret are good together while traffic goes over, and the old one is refused once it is taken out."""
    running = start_ingest(broker, RECIBO_NEW_SECRET="new")
    old = running.config_file.read_text()
    new = f'[[sources.{fresh_name}.auth.secrets]]\nenv = "RECIBO_NEW_SECRET"\n'
    body = event_body(1)
    traffic = Traffic(running, fresh_name, connections=2)
    posting = asyncio.create_task(traffic.run(2))
    async with httpx.AsyncClient(base_url=running.url) as client:

        async def status_signed(secret: str) -> int:
            headers = signature(body, secret)
            return (await client.post(f"/v1/webhooks/{fresh_name}", content=body, headers=headers)).status_code

        async def eventually(secret: str, status: int) -> None:
            deadline = time.monotonic() + 10
            while await status_signed(secret) != status:
                assert time.monotonic() < deadline, running.log
                await asyncio.sleep(0.02)

        assert await status_signed("new") == 401
        running.config_file.write_text(old + new)
        await eventually("new", 204)
        await posting
        assert set(traffic.answers.values()) == {204}
        running.config_file.write_text(old.replace("RECIBO_TEST_SECRET", "RECIBO_NEW_SECRET"))
        await eventually(SECRET, 401)
        assert await status_signed("new") == 204


async def test_https(start_ingest: StartIngest, broker: str, fresh_name: str, tmp_path: Path) -> None:
    """With a certificate and its key ingest speaks HTTPS."""
    cert, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1"]
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", *subject]
    await asyncio.to_thread(
        subprocess.run, [*command, "-keyout", str(key), "-out", str(cert)], check=True, capture_output=True
    )
    environ = {"RECIBO_INGEST_TLS_CERT_FILE": str(cert), "RECIBO_INGEST_TLS_KEY_FILE": str(key)}
    running = start_ingest(broker, scheme="https", **environ)
    body = event_body(1)
    async with httpx.AsyncClient(verify=ssl.create_default_context(cafile=str(cert))) as client:
        answer = await client.post(f"{running.url}/v1/webhooks/{fresh_name}", content=body, headers=signature(body))
    assert answer.status_code == 204


async def test_workers_share_the_port(broker: str, start_ingest: StartIngest, fresh_name: str) -> None:
    """Two workers serve one port, each with a spool of its own; one that is killed is replaced; SIGTERM stops all."""
    running = start_ingest(broker, RECIBO_INGEST_WORKERS="2")
    traffic = Traffic(running, fresh_name, connections=16)
    await traffic.run(3)
    spools = [path for path in (running.folder / "data" / "ingest" / "spool").iterdir() if path.is_dir()]
    assert len(spools) == 2
    assert set(traffic.answers.values()) == {204}
    assert await asyncio.to_thread(running.stop) == 0
    assert len(await records_of(broker, RAW, fresh_name)) >= len(traffic.answers)

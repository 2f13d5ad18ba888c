"""A running stack with two sources a provider, and ways to post to it as the providers do."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import clickhouse_connect
import httpx
from click.testing import CliRunner

from cli.source import command
from deploy.local.stack import Stack
from operations.sources.proof import Proof, prove
from operations.sources.registry import Registry
from schemas.providers import PROVIDERS
from schemas.sources import Source
from tests.support.own_stack import own_stack
from tests.support.samples import SECRETS, Sample
from tests.support.servers import url_of

PUBLIC_URL = "https://receiver.example.com"
NAMES = [name for name in PROVIDERS if name != "generic"]
OWN_SECRETS = {
    "meta_cloud": SECRETS["meta_app_secret"],
    "waha": SECRETS["waha_hmac_key"],
    "twilio": SECRETS["twilio_auth_token"],
}
WAIT_S_MAX = 60.0
FORM_SOURCE = """
[sources.form]
provider = "generic"
account = "form"
answer = 200
content_types = ["application/x-www-form-urlencoded"]
redact = ["token"]
auth = { kind = "none" }
mapping = { paths = { message_id = ["id"], status = ["state"] }, words = { delivered = ["OK"] } }
"""
"""A provider that is described by its source alone."""


class World:
    """A running stack with one source a provider, and what was posted to it."""

    def __init__(self, stack: Stack, registry: Registry, http: httpx.Client) -> None:
        self.stack = stack
        self.registry = registry
        self.http = http
        self.taken: list[tuple[Source, str, bytes]] = []

    def recibo(self, *arguments: str) -> str:
        """Run `recibo source …` against the stack."""
        environ = {
            "RECIBO_CONFIG": str(self.registry.config_file),
            "RECIBO_SECRETS_FILE": str(self.registry.secrets_file),
            "RECIBO_INGEST_PORT": self.stack.addresses.ingest.rpartition(":")[2],
            "RECIBO_PUBLIC_URL": PUBLIC_URL,
            "KAFKA_BOOTSTRAP_SERVERS": self.stack.addresses.kafka,
            "CLICKHOUSE_URL": url_of(self.stack.clickhouse),
        }
        result = CliRunner().invoke(command, arguments, env=environ, catch_exceptions=False)
        assert result.exit_code == 0, result.output
        return result.output

    def post(self, source: Source, content_type: str, body: bytes, proof: Proof | None = None) -> int:
        """Post a body with its proof, and remember it where it is taken."""
        proof = proof or prove(source, self.stack.addresses.ingest, body, time.time(), public_url=PUBLIC_URL)
        answer = self.http.post(proof.url, content=body, headers={**proof.headers, "Content-Type": content_type})
        if answer.status_code == source.provider.answer:
            self.taken.append((source, content_type, body))
        return answer.status_code

    def rows(self, statement: str) -> list[Any]:
        """Query ClickHouse."""
        with clickhouse_connect.get_client(dsn=url_of(self.stack.clickhouse), autogenerate_session_id=False) as client:
            return list(client.query(statement).result_rows)


@contextmanager
def running_world(folder: Path) -> Iterator[World]:
    """Run a stack in `folder` whose sources were registered by the command line."""
    registry = Registry(folder / "recibo.toml", folder / ".recibo" / "secrets.env")
    files = ["--config", str(registry.config_file), "--secrets-file", str(registry.secrets_file)]
    for name, provider in [*((name, name) for name in NAMES), *((f"{name}-more", name) for name in NAMES)]:
        secret = OWN_SECRETS.get(provider, "a-secret-of-at-least-thirty-two-bytes")
        add = ["add", name, "--provider", provider, "--secret-stdin", *files]
        assert CliRunner().invoke(command, add, input=secret + "\n", catch_exceptions=False).exit_code == 0
    for name in ("crm", "flagged"):
        add = ["add", name, "--provider", "generic", "--auth", "none", *files]
        assert CliRunner().invoke(command, add, catch_exceptions=False).exit_code == 0
    with registry.config_file.open("a", encoding="utf-8") as config:
        config.write(FORM_SOURCE)
    environ = {"RECIBO_PUBLIC_URL": PUBLIC_URL, "RECIBO_INGEST_AUTH_FAILURES_PER_MINUTE_MAX": "1000000"}
    settings = own_stack(folder / ".recibo", registry.config_file, environ)
    with Stack(settings) as stack, httpx.Client(trust_env=False) as http:
        yield World(stack, registry, http)


def eventually(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + WAIT_S_MAX
    while not condition():
        assert time.monotonic() < deadline, f"waited {WAIT_S_MAX} s for {what}"
        time.sleep(0.2)


def real_proof(world: World, sample: Sample) -> Proof | None:
    """Return the sample's own signature, where it has one."""
    signature = {
        name: value for name, value in sample.headers.items() if "Signature" in name or name == "X-Webhook-Hmac"
    }
    return Proof(f"{world.stack.addresses.ingest}/v1/webhooks/{sample.provider}", signature) if signature else None


def flipped(proof: Proof) -> Proof:
    """Return a proof in which one bit of the secret or signature is another."""
    if not proof.headers:
        return Proof(proof.url[:-1] + chr(ord(proof.url[-1]) ^ 1), {})
    name = list(proof.headers)[-1]
    value = proof.headers[name]
    at = len(value) // 2
    return Proof(proof.url, {**proof.headers, name: value[:at] + chr(ord(value[at]) ^ 1) + value[at + 1 :]})

"""What senders' own signing libraries write is taken as `source add` leaves a source: their code signs, never ours."""

from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import parse_qsl

import pytest
import svix
from click.testing import CliRunner
from standardwebhooks.webhooks import Webhook
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]

from cli.source import command
from ingest.http.authenticate import Attempt, verifier
from ingest.http.request_headers import RequestHeaders
from operations.sources.registry import Registry
from schemas.sources import Source

NOW = datetime(2026, 11, 28, 12, 0, 0, tzinfo=UTC)
BODY = b'{"specversion":"1.0","id":"e-1","source":"crm","type":"delivered","data":{"message_id":"m-1"}}'
FORM = b"MessageSid=SM1&MessageStatus=read&To=whatsapp%3A%2B5511987654321&From=whatsapp%3A%2B12025550100"
PUBLIC_URL = "https://hooks.example.com"


@pytest.fixture
def registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Registry:
    """The files of a deployment in a folder of the test's own."""
    for name in ("RECIBO_CONFIG", "RECIBO_DATA_DIR", "RECIBO_SECRETS_FILE", "RECIBO_PUBLIC_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    return Registry(tmp_path / "recibo.toml", tmp_path / ".recibo" / "secrets.env")


def added(registry: Registry, *arguments: str, given: str | None = None) -> tuple[Source, str]:
    result = CliRunner().invoke(command, ["add", "s", *arguments], input=given, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    source = registry.source("s")
    return source, source.secrets[0].value or ""


def is_taken(source: Source, headers: dict[str, str], body: bytes, url: str = "") -> bool:
    raw = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    now_ms = round(NOW.timestamp() * 1000)
    return verifier(source)(Attempt(RequestHeaders(raw), body, url, "", "127.0.0.1", False, now_ms))  # noqa: FBT003 - as the route calls it


def signed_standard(secret: str, body: bytes) -> dict[str, str]:
    signature = Webhook(secret).sign("msg_1", NOW, body.decode())
    return {"webhook-id": "msg_1", "webhook-timestamp": str(int(NOW.timestamp())), "webhook-signature": signature}


def signed_svix(secret: str, body: bytes) -> dict[str, str]:
    signature = svix.Webhook(secret).sign("msg_1", NOW, body.decode())
    return {"svix-id": "msg_1", "svix-timestamp": str(int(NOW.timestamp())), "svix-signature": signature}


@pytest.mark.parametrize("signed", [signed_standard, signed_svix])
def test_the_secret_that_is_made_is_the_one_that_the_libraries_read(registry: Registry, signed: object) -> None:
    """The secret that `source add` prints, given to either library, signs what is taken; another body or secret is not."""
    source, secret = added(registry, "--provider", "cloudevents")
    assert secret.startswith("whsec_")
    assert callable(signed)
    headers = signed(secret, BODY)
    assert is_taken(source, headers, BODY)
    assert not is_taken(source, headers, BODY + b" ")
    assert not is_taken(source, signed("whsec_" + "A" * 44, BODY), BODY)


@pytest.mark.parametrize("signed", [signed_standard, signed_svix])
def test_a_secret_of_an_older_release_is_taken_as_the_libraries_read_it(registry: Registry, signed: object) -> None:
    """A secret of hexadecimal digits, which the libraries read as base64, proves the sender too."""
    source, secret = added(registry, "--provider", "cloudevents", "--secret-stdin", given="ab" * 32 + "\n")
    assert callable(signed)
    assert is_taken(source, signed(secret, BODY), BODY)


def test_what_twilios_library_signs_is_taken(registry: Registry) -> None:
    """With the public URL that was given to `source add`, what Twilio's own validator computes for that URL is taken."""
    source, token = added(
        registry, "--provider", "twilio", "--secret-stdin", "--public-url", PUBLIC_URL, given="a-twilio-token\n"
    )
    assert source.public_url == PUBLIC_URL
    url = f"{source.public_url}/v1/webhooks/s"
    fields = dict(parse_qsl(FORM.decode(), keep_blank_values=True))
    signature = RequestValidator(token).compute_signature(url, fields)
    headers = {"X-Twilio-Signature": signature, "Content-Type": "application/x-www-form-urlencoded"}
    assert is_taken(source, headers, FORM, url)
    assert not is_taken(source, headers, FORM + b"&x=1", url)
    assert not is_taken(source, headers, FORM, "https://other.example.com/v1/webhooks/s")

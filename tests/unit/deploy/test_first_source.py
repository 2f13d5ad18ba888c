"""The ready-made source of a first start, and the line that posts to it."""

import hashlib
import hmac
import json
import shlex
from datetime import UTC, datetime
from pathlib import Path

import pytest

from deploy.local.first_source import SECRET_NAME, ensure_first_source
from deploy.local.sample import curl_line
from runtime.secrets_file import read_secrets
from schemas.sources import parse_sources

ORIGIN = "http://127.0.0.1:8080"
NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)


def test_a_first_start_makes_a_source_that_ingest_takes(tmp_path: Path) -> None:
    """The made configuration parses to one source, whose secret is kept where only its owner can read it."""
    config, secrets = tmp_path / "recibo.toml", tmp_path / "data" / "secrets.env"
    assert ensure_first_source(config, secrets, {})
    assert secrets.stat().st_mode & 0o777 == 0o600
    sources = parse_sources(config.read_text(), read_secrets(secrets)).by_name
    assert list(sources) == ["wpp"]
    assert len(sources["wpp"].secrets[0].value or "") == 64


def test_a_second_start_changes_nothing(tmp_path: Path) -> None:
    """Configuration and secret stay as they are, whoever made them."""
    config, secrets = tmp_path / "recibo.toml", tmp_path / "secrets.env"
    ensure_first_source(config, secrets, {})
    before = config.read_text(), secrets.read_text()
    assert not ensure_first_source(config, secrets, {})
    assert (config.read_text(), secrets.read_text()) == before


def test_a_secret_given_by_the_environment_is_not_made_again(tmp_path: Path) -> None:
    """Where the environment has the secret, the file is made empty: there for secrets to come."""
    ensure_first_source(tmp_path / "recibo.toml", tmp_path / "secrets.env", {SECRET_NAME: "given"})
    assert (tmp_path / "secrets.env").read_text() == ""


def test_a_configuration_of_ones_own_gets_no_secret(tmp_path: Path) -> None:
    """A recibo.toml that does not use the ready-made source's secret is left alone, and none is made."""
    config = tmp_path / "recibo.toml"
    config.write_text("# mine\n")
    ensure_first_source(config, tmp_path / "secrets.env", {})
    assert config.read_text() == "# mine\n"
    assert (tmp_path / "secrets.env").read_text() == ""


def test_secrets_are_read_as_lines_of_names_and_values(tmp_path: Path) -> None:
    """Comments and empty lines are passed over; a value may contain `=`."""
    file = tmp_path / "secrets.env"
    file.write_text("# a comment\n\nONE=a=b\nTWO = c \n")
    assert read_secrets(file) == {"ONE": "a=b", "TWO": "c"}
    assert read_secrets(tmp_path / "none") == {}


def test_the_line_signs_exactly_the_bytes_it_posts(tmp_path: Path) -> None:
    """What the shell hands to curl is the sample body, under the signature of those bytes."""
    ensure_first_source(tmp_path / "recibo.toml", tmp_path / "secrets.env", {SECRET_NAME: "secret"})
    source = parse_sources((tmp_path / "recibo.toml").read_text(), {SECRET_NAME: "secret"}).by_name["wpp"]
    words = shlex.split(curl_line(ORIGIN, source, NOW) or "")
    body = words[-1].encode()
    assert words[:3] == ["curl", "-i", f"{ORIGIN}/v1/webhooks/wpp"]
    digest = hmac.new(b"secret", body, hashlib.sha256).hexdigest()
    assert f"X-Recibo-Signature: sha256={digest}" in words
    assert json.loads(body)["occurred_at"] == "2026-03-10T12:00:00.000Z"


@pytest.mark.parametrize(
    ("auth", "url", "header"),
    [
        ('{ kind = "bearer", secrets = [{ env = "S" }] }', "/v1/webhooks/x", "Authorization: Bearer s3"),
        ('{ kind = "path", secrets = [{ env = "S" }] }', "/v1/webhooks/x/s3", None),
        ('"none"', "/v1/webhooks/x", None),
    ],
)
def test_other_proofs_are_written_down_too(auth: str, url: str, header: str | None) -> None:
    """A bearer token is a header, a path secret part of the URL, and no authentication needs neither."""
    source = parse_sources(f'[sources.x]\nprovider = "wpp_marketing"\nauth = {auth}\n', {"S": "s3"}).by_name["x"]
    words = shlex.split(curl_line(ORIGIN, source, NOW) or "")
    assert words[2] == ORIGIN + url
    assert header is None or header in words


def test_a_proof_that_needs_more_than_a_header_has_no_line() -> None:
    """Where the proof cannot be written into a line, none is shown rather than one that is refused."""
    text = '[sources.x]\nprovider = "wpp_marketing"\nauth = { kind = "jwt", secrets = [{ env = "S" }] }\n'
    assert curl_line(ORIGIN, parse_sources(text, {"S": "s3"}).by_name["x"], NOW) is None

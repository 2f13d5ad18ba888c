"""`recibo source …`: what the commands write, and that a half-done change harms nothing."""

import stat
import tomllib
from pathlib import Path

import pytest
from click.testing import CliRunner

from cli.source import command
from operations.sources.registry import Registry
from runtime.secrets_file import read_secrets
from schemas.authentication import authentication_of
from schemas.errors import ConfigurationError, DeploymentError
from schemas.providers import PROVIDERS


@pytest.fixture
def registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Registry:
    """The files of a deployment in a folder of the test's own."""
    for name in ("RECIBO_CONFIG", "RECIBO_DATA_DIR", "RECIBO_SECRETS_FILE", "RECIBO_PUBLIC_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    return Registry(tmp_path / "recibo.toml", tmp_path / ".recibo" / "secrets.env")


def run(*arguments: str, given: str | None = None) -> str:
    result = CliRunner().invoke(command, arguments, input=given, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


@pytest.mark.parametrize("provider", PROVIDERS)
def test_every_provider_can_be_added(provider: str, registry: Registry) -> None:
    """Adding a source of any provider gives a usable configuration, its secret, URL and filled-in steps."""
    printed = run("add", "loja", "--provider", provider, "--secret-stdin", given="a-secret\n")
    source = registry.source("loja")
    assert source.provider.name == provider
    assert [secret.value for secret in source.secrets] == ["a-secret"]
    assert "/v1/webhooks/loja" in printed
    assert not any(mark in printed for mark in ("{url}", "{secret}", "{verify_token}"))
    assert (source.verify_token is not None) == (source.provider.challenge is not None)


@pytest.mark.parametrize("provider", PROVIDERS.values(), ids=lambda provider: provider.name)
def test_every_provider_suggests_a_proof_that_ingest_knows(provider: object) -> None:
    """A provider's suggested authentication is a valid auth table once it has a secret."""
    suggested = getattr(provider, "authentication")  # noqa: B009 - the parameter is a provider, typed loosely by pytest
    authentication_of({**suggested, "secrets": [{"env": "X"}]})


def test_a_secret_is_made_and_only_its_owner_can_read_it(registry: Registry) -> None:
    """A new secret has 256 bits, stands in the secrets file alone, and the file is private."""
    run("add", "loja", "--provider", "waha")
    (secret,) = registry.source("loja").secrets
    assert secret.value is not None
    assert len(bytes.fromhex(secret.value)) == 32
    assert secret.value not in registry.config_file.read_text()
    assert stat.S_IMODE(registry.secrets_file.stat().st_mode) == 0o600


def test_rotation_keeps_the_old_secret_for_its_grace_and_then_forgets_it(registry: Registry) -> None:
    """After a rotation both secrets are good, the old one with an end; with no grace the old one is gone."""
    run("add", "loja", "--provider", "waha")
    (old,) = registry.source("loja").secrets
    run("rotate", "loja", "--grace-hours", "1")
    new, kept = registry.source("loja").secrets
    assert kept.value == old.value
    assert kept.expires_at_ms is not None
    assert new.expires_at_ms is None
    run("rotate", "loja", "--grace-hours", "0")
    (last,) = registry.source("loja").secrets
    assert last.value not in {old.value, new.value}
    assert list(read_secrets(registry.secrets_file)) == [last.env]


def test_sources_never_share_a_variable(registry: Registry) -> None:
    """Rotating `loja` does not overwrite the secret of a source called `loja-2`."""
    run("add", "loja-2", "--provider", "waha")
    before = registry.source("loja-2").secrets[0].value
    run("add", "loja", "--provider", "waha")
    run("rotate", "loja")
    assert registry.source("loja-2").secrets[0].value == before


def test_changes_keep_what_a_person_wrote(registry: Registry) -> None:
    """Comments and order of recibo.toml survive every command; the commands change what they name only."""
    registry.config_file.write_text('# ours\n[sources.a]  # first\nprovider = "waha"\nauth = "none"  # a lab\n')
    run("add", "b", "--provider", "z_api")
    run("select", "b", "delivered", "read")
    run("select", "b", "--all")
    text = registry.config_file.read_text()
    assert text.startswith('# ours\n[sources.a]  # first\nprovider = "waha"\nauth = "none"  # a lab\n')
    assert "selected" not in tomllib.loads(text)["sources"]["b"]
    run("remove", "b", "--yes")
    assert list(registry.read().by_name) == ["a"]
    assert read_secrets(registry.secrets_file) == {}


def test_a_change_that_would_not_be_usable_changes_nothing(registry: Registry) -> None:
    """A name that cannot be a URL, or a name that is taken, leaves both files as they were."""
    run("add", "loja", "--provider", "waha")
    before = registry.config_file.read_bytes(), registry.secrets_file.read_bytes()
    runner = CliRunner()
    for arguments, error in ((("add", "Não pode"), ConfigurationError), (("add", "loja"), DeploymentError)):
        result = runner.invoke(command, (*arguments, "--provider", "waha"))
        assert isinstance(result.exception, error)
        assert (registry.config_file.read_bytes(), registry.secrets_file.read_bytes()) == before


def test_secrets_are_shown_only_when_asked_for(registry: Registry) -> None:
    """`show` and `list` print no secret, not even in the URL of a source whose URL is secret; `show --reveal` does."""
    run("add", "loja", "--provider", "z_api")
    (secret,) = registry.source("loja").secrets
    assert secret.value is not None
    assert secret.value not in run("show", "loja") + run("list")
    assert secret.value in run("show", "loja", "--reveal")


def test_a_source_can_hand_its_webhooks_on(registry: Registry) -> None:
    """The URLs of `add --relay` are the source's, in their order."""
    run(
        "add",
        "loja",
        "--provider",
        "waha",
        "--relay",
        "https://a.example.com/in",
        "--relay",
        "https://b.example.com/in",
    )
    assert registry.source("loja").relay == ("https://a.example.com/in", "https://b.example.com/in")


def test_a_removed_source_is_named_as_removed(registry: Registry) -> None:
    """Running processes can tell a source that was removed by command from a file that lost it; added again, it is no more."""
    run("add", "loja", "--provider", "waha")
    run("remove", "loja", "--yes")
    assert registry.read().removed == {"loja"}
    run("add", "loja", "--provider", "waha")
    assert registry.read().removed == set()
    assert list(registry.read().by_name) == ["loja"]

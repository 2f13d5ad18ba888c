"""`recibo causes`: what error codes mean, for people and for programs."""

import json

from click.testing import CliRunner

from cli.causes import command
from schemas.errors import ConfigurationError


def run(*arguments: str) -> str:
    result = CliRunner().invoke(command, list(arguments), env={"COLUMNS": "250"})
    assert result.exit_code == 0, result.exception
    return result.output


def test_providers_are_listed_with_their_pages() -> None:
    """Without a provider: how many codes each has, whose it passes on, and what was read."""
    listed = run()
    assert "gupshup: 17 codes, 0 texts, and those of meta_cloud" in listed
    assert "docs.gupshup.io" in listed


def test_a_code_is_explained_in_either_language() -> None:
    """Its category, whether sending again may help, and what to do."""
    assert "send a template instead" in run("twilio", "63016")
    assert "envie um modelo (template)" in run("twilio", "63016", "--language", "pt")
    (line,) = run("gupshup", "131026", "--json").splitlines()
    said = json.loads(line)
    assert (said["provider"], said["category"], said["retry"]) == ("gupshup", "recipient_unreachable", "later")


def test_a_code_that_is_not_documented_is_named() -> None:
    """Nobody mistakes a typing error for a code without a cause."""
    error = CliRunner().invoke(command, ["meta_cloud", "9", "131026"]).exception
    assert isinstance(error, ConfigurationError)
    assert "meta_cloud documents no 9" in str(error)

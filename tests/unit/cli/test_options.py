"""An option has one name on every command, and is still taken by the names that it had before."""

from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from cli._options import data_dir_option, generation_option, secrets_file_option
from cli._servers import clickhouse_option, kafka_option
from cli._settings_page import options
from runtime.clickhouse.settings import ClickHouseSettings
from schemas.errors import ConfigurationError

NAMES = {
    "KAFKA_BOOTSTRAP_SERVERS": "--kafka",
    "CLICKHOUSE_URL": "--clickhouse",
    "RECIBO_CONFIG": "--config",
    "RECIBO_DATA_DIR": "--data-dir",
    "RECIBO_SECRETS_FILE": "--secrets-file",
    "RECIBO_PUBLIC_URL": "--public-url",
    "RECIBO_PARTITIONS": "--partitions",
    "RECIBO_INGEST_PORT": "--port",
}


@click.command()
@data_dir_option
@kafka_option
@clickhouse_option
@generation_option
@secrets_file_option
def command(**given: object) -> None:
    """Print what it gets."""
    engine = given.pop("clickhouse")
    assert isinstance(engine, ClickHouseSettings)
    given["address"] = engine.address
    click.echo(" ".join(f"{name}={value}" for name, value in sorted(given.items())))


def run(*arguments: str, **environ: str) -> str:
    result = CliRunner(env=environ).invoke(command, arguments, catch_exceptions=False)
    return result.output


def test_a_variable_has_one_option_on_every_command() -> None:
    """Whatever command reads a shared variable, its option is called the same."""
    found = {(str(option.envvar), option.opts[0]) for option in options() if option.envvar in NAMES}
    assert found == set(NAMES.items())


@pytest.mark.parametrize("name", ["--kafka", "--kafka-bootstrap-servers"])
def test_the_brokers_are_given_by_either_name(name: str) -> None:
    """The older name works as the present one does."""
    assert "bootstrap_servers='k:1'" in run(name, "k:1")


@pytest.mark.parametrize("name", ["--clickhouse", "--clickhouse-url", "--url"])
def test_the_engine_is_given_by_any_of_its_names(name: str) -> None:
    """Both older names work as the present one does."""
    assert "address=http://c:2" in run(name, "http://c:2")


def test_help_shows_the_present_names_alone() -> None:
    """Older names are taken and not shown."""
    text = run("--help")
    assert "--kafka TEXT" in text
    assert "--secrets-file FILE" in text
    for old in ("--kafka-bootstrap-servers", "--clickhouse-url", "--url", "--secrets "):
        assert old not in text


def test_what_follows_from_the_data_directory(tmp_path: Path) -> None:
    """Secrets are looked for in the data directory, wherever on the line it is given; no generation is the live one."""
    for text in (run("--data-dir", str(tmp_path)), run(RECIBO_DATA_DIR=str(tmp_path), RECIBO_GENERATION="3")):
        assert "generation=0 " in text
        assert f"secrets_file={tmp_path / 'secrets.env'}" in text
    text = run("--generation", "2", "--secrets", "mine.env", "--data-dir", str(tmp_path))
    assert "generation=2 " in text
    assert "secrets_file=mine.env" in text


def test_an_option_is_held_to_the_bounds_of_its_setting() -> None:
    """Generation 0 and a URL of no scheme are refused as the stages refuse them."""
    assert "--generation" in run("--generation", "0")
    with pytest.raises(ConfigurationError, match="--clickhouse='c:2': must be http"):
        run("--clickhouse", "c:2")
